# SPDX-License-Identifier: Apache-2.0
#
# What a stage may need before it runs: packages, environments, builds. Sourced by test/run. Each need is met once
# in a run and remembered. A need_... function returns 0 when it is met, 1 when it failed, 2 when it cannot be met
# on this machine; in the last two cases it leaves the reason in WHY.

declare -A NEEDS=()
declare -A REASONS=()
WHY=""

# need NAME: meets it, or says from memory that it could not be met.
need() {
    local name=$1
    if [ -z "${NEEDS[$name]:-}" ]; then
        WHY=""
        "need_$name"
        NEEDS[$name]=$?
        REASONS[$name]=${WHY:-"$name is not there"}
    fi
    WHY=${REASONS[$name]}
    UNMET=${NEEDS[$name]}
    return "$UNMET"
}

# The stage that was to make the build counts a failure of it; a stage that only wanted to use it is skipped.
report_unmet() {
    if [ "$UNMET" = 1 ] && [ -z "${REPORTED[$WHY]:-}" ]; then
        REPORTED[$WHY]=yes
        printf 'FAILED %s: %s\n' "$1" "$WHY"
        count 0 1 0
    else
        printf 'SKIPPED %s: %s\n' "$1" "$WHY"
        count 0 0 1
    fi
}
declare -A REPORTED=()

# count PASSED FAILED SKIPPED
count() {
    printf '%s %s %s\n' "$1" "$2" "$3" >>"$COUNTS"
}

# Debian packages; a machine where nobody may install them skips what needs them.
need_packages() {
    # shellcheck disable=SC2086 # the lists are words
    gv_need_debian $1 && return 0
    WHY="Debian packages are missing (see above)"
    gv_as_root true && command -v apt-get >/dev/null && return 1
    return 2
}

need_build() { need_packages "$GV_DEBIAN_BUILD"; }
need_lint() { need_packages "$GV_DEBIAN_LINT"; }
need_clang() { need_packages "$GV_DEBIAN_CLANG"; }
need_bench() { need_packages "$GV_DEBIAN_BENCH"; }
# The one test that wants a browser skips itself, with its reason, where there is none.
need_browser() {
    gv_need_debian chromium || true
}

need_dev() { need_preset dev; }
need_release() { need_preset release; }
need_tsan() { need_preset tsan; }
# gcc's shared libubsan does not write its reports where log_path says when libasan is there, too.
need_asan() { need_preset asan -DCMAKE_EXE_LINKER_FLAGS=-static-libubsan; }

# need_preset PRESET [CMAKE_ARGUMENT...]
need_preset() {
    local preset=$1
    need build || return
    shift
    build_tree "$preset" --preset "$preset" -DGV_WERROR=ON "$@" && return 0
    WHY="the build \"$preset\" failed"
    return 1
}

# build_tree NAME CMAKE_ARGUMENT...: configures and builds build/NAME; shows the end of the log when that fails.
build_tree() {
    local name=$1 started=$SECONDS
    shift
    local log=$LOGS/build-$name.log
    local launcher=""
    command -v ccache >/dev/null && launcher=ccache
    if cmake "$@" -B "build/$name" -DCMAKE_C_COMPILER_LAUNCHER="$launcher" >"$log" 2>&1 &&
        cmake --build "build/$name" >>"$log" 2>&1; then
        printf 'ok build/%s (%s s)\n' "$name" $((SECONDS - started))
        return 0
    fi
    grep -E -A 12 'error:|FAILED:|CMake Error' "$log" | head -n 120
    printf 'build/%s failed; the whole log is build/log/build-%s.log\n' "$name" "$name"
    return 1
}

need_mlflow3() { need_venv mlflow3; }
need_mlflow2() { need_venv mlflow2; }

need_venv() {
    gv_need_venv "$1" "$ROOT/test/requirements-$1.txt" && return 0
    WHY="the Python environment \"$1\" could not be made"
    return 1
}

need_loki() {
    if ! gv_go >/dev/null && [ ! -x "$(gv_loki_path test/tools/loki)" ]; then
        WHY="building Loki needs Go $GV_GO_MINIMUM or newer, and there is none"
        return 2
    fi
    if gv_need_loki test/tools/loki; then
        export GAVEL_LOKI=$GV_LOKI
        return 0
    fi
    WHY="Loki could not be built"
    return 1
}

# Starts to make the slow things of later stages beside the earlier ones; the locks of install.sh let the stage
# that needs one wait for it.
prefetch() {
    local stage wanted=""
    for stage in "${CHOSEN[@]}"; do
        wanted="$wanted,$(field_of "$stage" 3)"
    done
    setsid nice -n 15 bash -c '
        . test/lib/install.sh
        for name in mlflow3 mlflow2; do
            case ",$1," in *",$name,"*) gv_need_venv "$name" "test/requirements-$name.txt" ;; esac
        done
        case ",$1," in *,loki,*) ! gv_go || gv_need_loki test/tools/loki ;; esac
    ' prefetch "$wanted" >"$LOGS/prefetch.log" 2>&1 &
    PREFETCH=$!
}

# An early end of the run must not leave a compiler behind. The group is our own: setsid made it.
stop_prefetch() {
    kill -0 "$PREFETCH" 2>/dev/null && kill -- "-$PREFETCH" 2>/dev/null
}
