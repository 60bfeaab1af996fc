# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing on a fresh Debian 12 machine, and says what it does. Sourced by test/run and
# sidecar/quickstart; needs bash. Every function returns non-zero with a message on stderr that names the way
# out; none of them exits, so that a caller may turn a failure into a skip.

# What the build, the lint step and the benches need; read by who sources this.
# shellcheck disable=SC2034
{
    GV_DEBIAN_BUILD="cmake ninja-build gcc g++ pkg-config libmicrohttpd-dev libjansson-dev libcurl4-openssl-dev
        libssl-dev libyaml-dev libcmocka-dev libcjose-dev libsqlite3-dev zlib1g-dev"
    GV_DEBIAN_LINT="clang-format-14 cppcheck shellcheck git python3"
    GV_DEBIAN_CLANG="clang-14 libclang-rt-14-dev"
    GV_DEBIAN_BENCH="nginx-light wrk"
}

GV_CACHE="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/gavel"

gv_say() {
    printf '== %s\n' "$*"
}

gv_complain() {
    printf '!! %s\n' "$*" >&2
}

# gv_installed PACKAGE: is this Debian package installed and configured?
gv_installed() {
    [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]
}

# Runs its arguments as root: directly, or through a sudo that asks nothing.
gv_as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 126
    fi
}

# gv_need_debian PACKAGE...: installs those that are missing. Nothing is asked and no installed service is
# started: nginx would otherwise take port 80 of the machine that only wanted to measure against it.
gv_need_debian() {
    local package
    local missing=()
    for package in "$@"; do
        gv_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        gv_complain "not a Debian machine; please install what these Debian packages hold: ${missing[*]}"
        return 1
    fi
    if ! gv_as_root true; then
        gv_complain "neither root nor a sudo without password; please run: apt-get install ${missing[*]}"
        return 1
    fi
    gv_say "installing Debian packages: ${missing[*]}"
    local log
    log=$(mktemp) || return 1
    if gv_apt_install "${missing[@]}" </dev/null >"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    tail -n 30 "$log" >&2
    rm -f "$log"
    gv_complain "apt-get could not install: ${missing[*]}"
    return 1
}

# One apt-get at a time: stages that run beside each other may both miss something.
gv_apt_install() {
    mkdir -p "$GV_CACHE" || return 1
    (
        flock 9 || exit 1
        gv_apt_update || exit 1
        # policy-rc.d is Debian's own way to say "install, but start no service".
        local policy=/usr/sbin/policy-rc.d
        local ours=no
        if [ ! -e "$policy" ]; then
            ours=yes
            printf '#!/bin/sh\nexit 101\n' | gv_as_root tee "$policy" >/dev/null || exit 1
            gv_as_root chmod 755 "$policy" || exit 1
        fi
        gv_as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends \
            -o DPkg::Lock::Timeout=300 install "$@" 9>&-
        local result=$?
        [ "$ours" = no ] || gv_as_root rm -f "$policy"
        exit "$result"
    ) 9>"$GV_CACHE/apt.lock"
}

# Fetches the package lists, once an hour at most.
gv_apt_update() {
    local stamp="$GV_CACHE/apt-updated"
    [ -z "$(find "$stamp" -mmin -60 2>/dev/null)" ] || return 0
    gv_as_root apt-get -q -o DPkg::Lock::Timeout=300 update 9>&- && touch "$stamp"
}

# gv_venv_path NAME REQUIREMENTS: prints where that environment lives, whether it exists or not.
gv_venv_path() {
    local hash
    hash=$(sha256sum <"$2" | cut -c1-12) || return 1
    printf '%s/venv/%s-%s\n' "$GV_CACHE" "$1" "$hash"
}

# Prints a Python that is new enough for MLflow 3, or installs Debian's.
gv_python() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            command -v "$python"
            return 0
        fi
    done
    gv_need_debian python3 python3-venv >&2 || return 1
    echo /usr/bin/python3
}

# gv_need_venv NAME REQUIREMENTS: makes the Python environment when it is not there, and leaves its path in
# GV_VENV. It is built in its place, for its scripts hold absolute paths; the mark that is written last tells a
# whole environment from one whose making was interrupted, and a lock keeps two makers apart.
gv_need_venv() {
    GV_VENV=$(gv_venv_path "$1" "$2") || return 1
    mkdir -p "$GV_CACHE/venv" || return 1
    (
        flock 9 || exit 1
        if [ -e "$GV_VENV/.whole" ] && "$GV_VENV/bin/python" -c 'import pip' 2>/dev/null; then
            exit 0
        fi
        gv_make_venv "$GV_VENV" "$2"
    ) 9>"$GV_VENV.lock"
}

gv_make_venv() {
    local venv=$1 requirements=$2
    local python
    python=$(gv_python) || return 1
    gv_say "making the Python environment $venv"
    rm -rf "$venv"
    if "$python" -m venv "$venv" >"$venv.log" 2>&1 </dev/null 9>&- &&
        "$venv/bin/pip" install --quiet --disable-pip-version-check --no-input --retries 8 \
            --requirement "$requirements" >>"$venv.log" 2>&1 </dev/null 9>&-; then
        touch "$venv/.whole"
        return 0
    fi
    tail -n 20 "$venv.log" >&2
    gv_complain "pip could not install $requirements; the whole log is $venv.log"
    return 1
}

# Loki's own go.mod asks for this Go; Debian 12 has an older one, which cannot fetch a newer.
GV_GO_MINIMUM=1.26.5

# Prints a go command that is new enough, or returns 1.
gv_go() {
    local go version
    for go in go /usr/local/go/bin/go; do
        version=$(GOTOOLCHAIN=local "$go" env GOVERSION 2>/dev/null) || continue
        if printf '%s\n' "$GV_GO_MINIMUM" "${version#go}" | sort -C -V; then
            command -v "$go"
            return 0
        fi
    done
    return 1
}

# gv_loki_path TOOLDIR: prints where the Loki of TOOLDIR/go.mod lives, built or not.
gv_loki_path() {
    local version hash
    version=$(sed -n 's,^require github.com/grafana/loki/v3 v\([0-9.]*\).*,\1,p' "$1/go.mod")
    hash=$(cat "$1/go.mod" "$1/go.sum" | sha256sum | cut -c1-8) || return 1
    printf '%s/loki-%s-%s/loki\n' "$GV_CACHE" "$version" "$hash"
}

# gv_need_loki TOOLDIR: builds Loki from the Go module proxy when it is not there (twenty minutes of two
# processors), and leaves the program's path in GV_LOKI.
gv_need_loki() {
    GV_LOKI=$(gv_loki_path "$1") || return 1
    local go
    mkdir -p "$(dirname "$GV_LOKI")" || return 1
    (
        flock 9 || exit 1
        [ ! -x "$GV_LOKI" ] || exit 0
        if ! go=$(gv_go); then
            gv_complain "Loki needs Go $GV_GO_MINIMUM or newer to be built, and there is none"
            exit 1
        fi
        gv_say "building Loki into $GV_LOKI"
        cd "$1" || exit 1
        # -mod=readonly: go.sum is what was reviewed; a module that differs from it is an error.
        if GOFLAGS="-mod=readonly -buildvcs=false" GOTOOLCHAIN=local CGO_ENABLED=0 nice -n 15 "$go" build -p 2 \
            -trimpath -ldflags='-s -w' -o "$GV_LOKI.new" github.com/grafana/loki/v3/cmd/loki \
            </dev/null >"$GV_LOKI.log" 2>&1 9>&-; then
            mv "$GV_LOKI.new" "$GV_LOKI"
            exit 0
        fi
        tail -n 20 "$GV_LOKI.log" >&2
        gv_complain "Loki could not be built; the whole log is $GV_LOKI.log"
        exit 1
    ) 9>"$GV_LOKI.lock"
}
