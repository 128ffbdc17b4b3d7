# What the entry script needs before it can do anything: tools, packages, a build. Sourced; ROOT is set.

ARTIFACTS=$ROOT/artifacts
CLI=$ROOT/src/Quarterdeck.Cli/bin/Release/net10.0/Quarterdeck.Cli.dll
SERVER=$ROOT/src/Quarterdeck.Server/bin/Release/net10.0/Quarterdeck.Server.dll
BENCHMARKS=$ARTIFACTS/benchmarks/Quarterdeck.Benchmarks
MIN_NODE=20.19

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "quarterdeck: $*"
  exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# Runs a command with its output in a log; the log's end is shown only where it fails.
logged() {
  local name=$1 log=$ARTIFACTS/logs/$1.log
  shift
  mkdir -p "$ARTIFACTS/logs"
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    fail "'$*' failed. The whole output is in $log."
  fi
}

# Side by side, two commands must not install or build at once.
locked() {
  mkdir -p "$ARTIFACTS"
  if command -v flock >/dev/null; then
    (
      flock 9
      "$@" 9>&-
    ) 9>"$ARTIFACTS/prepare.lock"
  else
    "$@"
  fi
}

require_dotnet() {
  command -v dotnet >/dev/null ||
    fail ".NET is missing. Install the .NET SDK 10 (https://dotnet.microsoft.com/download) and make sure 'dotnet' is on the PATH."
  (cd "$ROOT" && dotnet --version >/dev/null 2>&1) ||
    fail "The .NET SDK 10 is missing; installed: $(dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | tr '\n' ' '). Install it from https://dotnet.microsoft.com/download."
}

require_tools() {
  require_dotnet
  command -v node >/dev/null ||
    fail "Node.js is missing. Install Node.js $MIN_NODE or later (https://nodejs.org): it brings npm, which brings anvil, PostgreSQL and the console's libraries."
  local version
  version=$(node --version)
  version=${version#v}
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node.js $version is too old. Install Node.js $MIN_NODE or later (https://nodejs.org)."
  command -v npm >/dev/null || fail "npm is missing although Node.js is here. Install npm (https://docs.npmjs.com/downloading-and-installing-node-js-and-npm)."
}

# Installs a folder's npm packages, only where its lock file changed since the last time.
npm_install() {
  local folder=$1 lock=$1/package-lock.json stamp=$1/node_modules/.quarterdeck-lock
  local name=npm-${folder##*/} flags=(--prefix "$1" --ignore-scripts --no-audit --no-fund)
  [ -f "$lock" ] || return 0
  if [ -f "$stamp" ] && cmp -s "$lock" "$stamp"; then return 0; fi
  say "Installing the npm packages of ${folder##*/} …"
  mkdir -p "$ARTIFACTS/logs"
  # npm ci refuses a lock file that lacks optional packages for other machines, as one made against a partial mirror
  # does. npm install takes the same versions from it and fetches what this machine needs.
  if ! npm "${flags[@]}" ci >"$ARTIFACTS/logs/$name.log" 2>&1; then
    logged "$name" npm "${flags[@]}" install --no-save
  fi
  cp "$lock" "$stamp"
}

# The lock file can hold anvil for the machines whose packages the registry has; others are fetched by name.
install_anvil_for_this_machine() {
  local os arch package
  case "$(uname -s)" in Darwin) os=darwin ;; *) os=linux ;; esac
  case "$(uname -m)" in arm64 | aarch64) arch=arm64 ;; *) arch=amd64 ;; esac
  package=@foundry-rs/anvil-$os-$arch
  [ -d "$ROOT/node_modules/$package" ] && return 0
  command -v anvil >/dev/null && return 0
  say "Installing $package …"
  npm --prefix "$ROOT" install --no-save --no-package-lock --ignore-scripts "$package@1.7.1" >/dev/null 2>&1 ||
    say "quarterdeck: $package cannot be had from npm. Install Foundry (https://getfoundry.sh) so that 'anvil' is on the PATH."
}

install_root_packages() {
  locked npm_install "$ROOT"
  install_anvil_for_this_machine
}

has_library() { [ -e "/usr/lib/$(uname -m)-linux-gnu/$1" ] || [ -e "/usr/lib/$1" ]; }

# Installs Debian packages where we may; tried once, since all of them are optional or named again by who needs them.
install_debian_packages() {
  local stamp="$ARTIFACTS/apt-$(printf '%s' "$*" | tr ' ' '_')"
  [ -f "$stamp" ] && return 0
  if ! is_root || ! command -v apt-get >/dev/null; then
    say "quarterdeck: not installed: $*. As root: apt-get install -y --no-install-recommends $*"
    mkdir -p "$ARTIFACTS" && : >"$stamp"
    return 0
  fi
  say "Installing Debian packages: $* …"
  mkdir -p "$ARTIFACTS/logs"
  if ! DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y --no-install-recommends "$@" >"$ARTIFACTS/logs/apt.log" 2>&1; then
    timeout 120 apt-get update >>"$ARTIFACTS/logs/apt.log" 2>&1 || true
    DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y --no-install-recommends "$@" >>"$ARTIFACTS/logs/apt.log" 2>&1 ||
      say "quarterdeck: could not install: $*. See $ARTIFACTS/logs/apt.log."
  fi
  : >"$stamp"
}

# libsecp256k1 signs ten times faster than what .NET brings; without it everything works.
install_speed_packages() {
  has_library libsecp256k1.so.1 || has_library libsecp256k1.so.2 || [ "$(uname -s)" = Darwin ] ||
    locked install_debian_packages libsecp256k1-1
}

# The names of all sources and which of them are newer than the stamp: a changed, added or deleted file is seen.
sources_of() {
  find "$@" \( -name bin -o -name obj -o -name node_modules -o -name wwwroot -o -name dist \) -prune -o -type f -print | LC_ALL=C sort
}

changed_since() {
  local stamp=$1
  shift
  [ -f "$stamp" ] || return 0
  sources_of "$@" | cmp -s - "$stamp" || return 0
  [ -n "$(find "$@" \( -name bin -o -name obj -o -name node_modules -o -name wwwroot -o -name dist \) -prune -o -type f -newer "$stamp" -print | head -n 1)" ]
}

PROGRAM_SOURCES=("$ROOT/src" "$ROOT/protocols" "$ROOT/Directory.Build.props" "$ROOT/Directory.Packages.props" "$ROOT/global.json")

build_program() { locked build_program_now; }

build_program_now() {
  local stamp=$ARTIFACTS/program.stamp fresh
  if [ -f "$CLI" ] && [ -f "$SERVER" ] &&
    ! changed_since "$stamp" "${PROGRAM_SOURCES[@]}"; then
    return 0
  fi
  say "Building Quarterdeck …"
  mkdir -p "$ARTIFACTS"
  fresh=$ARTIFACTS/program.stamp.new
  sources_of "${PROGRAM_SOURCES[@]}" >"$fresh"
  local project
  shopt -s nullglob
  for project in "$ROOT"/src/Quarterdeck.Server/*.csproj "$ROOT"/src/Quarterdeck.Cli/*.csproj "$ROOT"/protocols/*/services/*.csproj "$ROOT"/protocols/*/services/*/*.csproj; do
    logged "build-$(basename "$project" .csproj)" dotnet build "$project" -c Release -v quiet -nologo
  done
  shopt -u nullglob
  mv "$fresh" "$stamp"
}

build_benchmarks() { locked build_benchmarks_now; }

# Compiled ahead, as what people install would be: most of a run of one second is otherwise the compiler's.
build_benchmarks_now() {
  local stamp=$ARTIFACTS/benchmarks.stamp fresh=$ARTIFACTS/benchmarks.stamp.new
  local sources=("$ROOT/src" "$ROOT/benchmarks/Quarterdeck.Benchmarks" "$ROOT/Directory.Build.props" "$ROOT/Directory.Packages.props" "$ROOT/global.json")
  if [ -x "$BENCHMARKS" ] && ! changed_since "$stamp" "${sources[@]}"; then return 0; fi
  say "Building the benchmarks …"
  sources_of "${sources[@]}" >"$fresh"
  local publish=(dotnet publish "$ROOT/benchmarks/Quarterdeck.Benchmarks" -c Release --use-current-runtime --self-contained false -o "$ARTIFACTS/benchmarks" -v quiet -nologo -p:RunAnalyzers=false)
  mkdir -p "$ARTIFACTS/logs"
  rm -rf "$ARTIFACTS/benchmarks"
  if ! "${publish[@]}" -p:PublishReadyToRun=true >"$ARTIFACTS/logs/build-benchmarks.log" 2>&1; then
    say "quarterdeck: the benchmarks cannot be compiled ahead (see $ARTIFACTS/logs/build-benchmarks.log), so their start takes longer than it need."
    logged build-benchmarks-plain "${publish[@]}"
  fi
  mv "$fresh" "$stamp"
}

build_console() { locked build_console_now; }

build_console_now() {
  [ -f "$ROOT/console/package.json" ] || return 0
  npm_install "$ROOT/console"
  local stamp=$ARTIFACTS/console.stamp fresh=$ARTIFACTS/console.stamp.new
  if [ -f "$ROOT/src/Quarterdeck.Server/wwwroot/index.html" ] && ! changed_since "$stamp" "$ROOT/console"; then return 0; fi
  say "Building the console …"
  sources_of "$ROOT/console" >"$fresh"
  logged build-console npm --prefix "$ROOT/console" run build
  mv "$fresh" "$stamp"
}
