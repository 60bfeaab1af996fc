# SPDX-License-Identifier: Apache-2.0
#
# The stages of test/run: one function each, named for its row of the table there. A stage prints what it does and
# calls count() for every single test.

stage_build() {
    need dev || report_unmet build
    [ "${NEEDS[dev]}" != 0 ] || count 1 0 0
}

stage_clang() {
    if build_tree clang --preset dev -DCMAKE_C_COMPILER=clang-14; then
        count 1 0 0
    else
        count 0 1 0
    fi
}

# The installed program must not need the source tree: it is asked for its version from its new place.
stage_release() {
    local prefix=$ROOT/build/release/installed
    rm -rf "$prefix"
    if ! [ -x build/release/sidecar/gavel ]; then
        say_none release "the program has no main yet"
    elif cmake --install build/release --prefix "$prefix" --strip >"$STAGE_LOG.log" 2>&1 &&
        "$prefix/bin/gavel" --version; then
        stat -c 'stripped: %s bytes' "$prefix/bin/gavel"
        count 1 0 0
    else
        tail -n 20 "$STAGE_LOG.log"
        count 0 1 0
    fi
}

say_none() {
    printf 'no tests: %s\n' "$2"
}

stage_unit() { unit_tests dev; }
stage_unit_asan() { under_sanitizer asan unit_tests asan; }
stage_unit_tsan() { under_sanitizer tsan unit_tests tsan; }

# A command that the programs under test are started through, or nothing.
AROUND=()

unit_tests() {
    run_counted "${AROUND[@]}" python3 -B test/lib/unit.py "build/$1"
}

# run_counted COMMAND...: runs a helper of test/lib that writes "passed failed skipped" into the file that its
# last argument names. One that breaks before it has written counts as a failed test.
run_counted() {
    rm -f "$STAGE_LOG.counts"
    "$@" "$STAGE_LOG.counts"
    if [ -s "$STAGE_LOG.counts" ]; then
        cat "$STAGE_LOG.counts" >>"$COUNTS"
    else
        printf 'FAILED: %s ended without a result\n' "$*"
        count 0 1 0
    fi
}

# One check each: exit 0 passed, 77 skipped, anything else failed.
stage_lint() {
    local check result
    # Some checks read the compile commands; they work on a tree that is only configured, too.
    [ -e build/dev/compile_commands.json ] || cmake --preset dev >"$STAGE_LOG.log" 2>&1
    for check in test/lint/*; do
        [ -f "$check" ] && [ -x "$check" ] || continue
        timeout -k 10 900 "$check"
        result=$?
        case $result in
        0) count 1 0 0 ;;
        77) count 0 0 1 ;;
        *) printf 'FAILED lint %s\n' "${check##*/}"; count 0 1 0 ;;
        esac
    done
}

stage_api() { pytest_in mlflow3 dev api; }
stage_api_asan() { under_sanitizer asan pytest_in mlflow3 asan api; }
stage_api_tsan() { under_sanitizer tsan pytest_in mlflow3 tsan api; }
stage_e2e() { pytest_in mlflow3 dev e2e; }
stage_mlflow2() { pytest_in mlflow2 dev e2e; }
stage_loki() { pytest_in mlflow3 dev loki; }

# pytest_in ENVIRONMENT PRESET FOLDER: runs test/FOLDER/test_*.py against the program of a build. SIGINT, not
# SIGTERM, ends a run that hangs, for then pytest still stops its servers and writes its report.
pytest_in() {
    local environment=$1 preset=$2 folder=$3
    if ! compgen -G "test/$folder/test_*.py" >/dev/null; then
        say_none "$folder" "there is no test/$folder/test_*.py yet"
        return
    fi
    local venv
    venv=$(gv_venv_path "$environment" "test/requirements-$environment.txt")
    rm -f "$STAGE_LOG.xml"
    GAVEL_BINARY=$ROOT/build/$preset/sidecar/gavel GAVEL_PRESET=$preset PYTHONDONTWRITEBYTECODE=1 \
        MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true \
        "${AROUND[@]}" timeout -s INT -k 120 2400 "$venv/bin/python" -m pytest -c test/pytest.ini \
        --basetemp="$ROOT/build/tmp/$preset-$folder-$environment" --junitxml="$STAGE_LOG.xml" \
        --durations=8 -q "test/$folder"
    local result=$?
    printf 'pytest ended with %s\n' "$result"
    run_counted python3 -B test/lib/junit.py "$STAGE_LOG.xml" "$result"
}

# under_sanitizer KIND COMMAND...: runs it with every report written to a file, so that one is found also when the
# program that made it was expected to end badly, or its output was thrown away.
under_sanitizer() {
    local kind=$1 reports
    local AROUND=()
    shift
    # Kernels that place memory with 32 random bits leave no room for the shadow memory of gcc 12's sanitizers.
    ! setarch -R true 2>/dev/null || AROUND=(setarch -R)
    reports=$ROOT/build/$kind/reports
    rm -rf "$reports"
    mkdir -p "$reports"
    # An allocation that is too large is to be refused as outside of the sanitizer, not to end the program.
    local common=log_path=$reports/report:allocator_may_return_null=1
    ASAN_OPTIONS=$common:detect_leaks=1:detect_stack_use_after_return=1 \
        UBSAN_OPTIONS=log_path=$reports/report:print_stacktrace=1:halt_on_error=1 \
        LSAN_OPTIONS=suppressions=$ROOT/test/lib/lsan.supp:print_suppressions=0 \
        TSAN_OPTIONS=$common:suppressions=$ROOT/test/lib/tsan.supp:second_deadlock_stack=1 \
        "$@"
    local report
    for report in "$reports"/report*; do
        [ -s "$report" ] || continue
        head -n 60 "$report"
        printf 'FAILED: the sanitizer reports %s\n' "${report#"$ROOT/"}"
        count 0 1 0
    done
}

# Each fuzz target runs over its corpus and then for ten seconds.
stage_fuzz() {
    if ! compgen -G "test/fuzz/fuzz_*.c" >/dev/null; then
        say_none fuzz "there is no test/fuzz/fuzz_*.c yet"
        return
    fi
    if ! build_tree fuzz --preset dev -DCMAKE_C_COMPILER=clang-14 -DGV_FUZZ=ON; then
        count 0 1 0
        return
    fi
    local source name
    for source in test/fuzz/fuzz_*.c; do
        name=$(basename "$source" .c)
        fuzz_one "$name" >"$STAGE_LOG-$name.log" 2>&1
        if [ $? = 0 ]; then
            printf 'ok %s: %s\n' "$name" "$(grep -E 'Done|DONE' "$STAGE_LOG-$name.log" | tail -n 1)"
            count 1 0 0
        else
            tail -n 40 "$STAGE_LOG-$name.log"
            printf 'FAILED %s\n' "$name"
            count 0 1 0
        fi
    done
}

fuzz_one() {
    local found=$ROOT/build/fuzz/found/$1
    local folders=("$found")
    mkdir -p "$found"
    [ ! -d "test/fuzz/corpus/$1" ] || folders+=("test/fuzz/corpus/$1")
    timeout -k 10 120 "build/fuzz/test/$1" -max_total_time=10 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$found-" "${folders[@]}"
}

stage_bench() { GAVEL_BENCH_QUICK=1 measurements bench 900; }
stage_soak() { measurements soak 28800; }

# measurements FOLDER SECONDS: runs each executable of test/FOLDER. It prints "ratio WHAT VALUE aim <=N" (or >=N)
# for each claim and ends with 0 once it has measured, whatever it measured.
measurements() {
    local folder=$1 seconds=$2 program venv any=no
    venv=$(gv_venv_path mlflow3 test/requirements-mlflow3.txt)
    for program in "test/$folder"/*; do
        [ -f "$program" ] && [ -x "$program" ] || continue
        any=yes
        printf -- '---- %s\n' "$program"
        GAVEL_BINARY=$ROOT/build/release/sidecar/gavel GAVEL_PYTHON=$venv/bin/python \
            PYTHONPATH=$ROOT/test PYTHONDONTWRITEBYTECODE=1 PATH=$venv/bin:$PATH \
            timeout -k 30 "$seconds" "$program" 2>&1 | tee "$STAGE_LOG-${program##*/}.log"
        run_counted python3 -B test/lib/ratios.py "$STAGE_LOG-${program##*/}.log" "${PIPESTATUS[0]}"
    done
    [ $any = yes ] || say_none "$folder" "there is no program in test/$folder/ yet"
}
