# './quarterdeck test [--all]': every check and suite; sourced. The last line sums them up.

PASSED=0
FAILED=0
FAILURES=()

count_failure() {
  FAILED=$((FAILED + 1))
  FAILURES+=("$1")
}

# A check that is not a suite: silent where it holds, one failure where it does not.
check() {
  local name=$1 log=$ARTIFACTS/logs/test-$1.log start=$SECONDS
  shift
  printf '%-34s' "$name"
  if "$@" >"$log" 2>&1; then
    printf 'ok       %4d s\n' $((SECONDS - start))
    return 0
  fi
  printf 'FAILED   %4d s\n' $((SECONDS - start))
  tail -n 60 "$log"
  count_failure "$name (log: $log)"
  return 1
}

# One xunit.v3 executable; its summary line is what counts.
run_suite() {
  local project=$1 name log start=$SECONDS total failed errors skipped
  shift
  name=$(basename "$project" .csproj)
  log=$ARTIFACTS/logs/suite-$name.log
  local program
  program=$(dirname "$project")/bin/Release/net10.0/$name
  printf '%-34s' "$name"
  local code=0
  (cd "$ROOT" && timeout --signal INT --kill-after 60 "${SUITE_TIMEOUT:-900}" "$program" -noColor -parallel collections "$@") >"$log" 2>&1 || code=$?
  local summary
  summary=$(grep -Eo 'Total: [0-9]+(, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+)?' "$log" | tail -n 1 || true)
  if [ -z "$summary" ]; then
    printf 'DIED     %4d s (exit code %d)\n' $((SECONDS - start)) "$code"
    tail -n 40 "$log"
    count_failure "$name ended without a summary (log: $log)"
    return
  fi
  [ "${summary%%,*}" != "Total: 0" ] || count_failure "$name holds no tests"
  read -r total errors failed skipped <<<"$(sed -E 's/[^0-9]+/ /g' <<<"$summary")"
  errors=${errors:-0} failed=${failed:-0} skipped=${skipped:-0}
  local bad=$((failed + errors))
  PASSED=$((PASSED + total - failed - skipped))
  FAILED=$((FAILED + bad))
  printf '%4d passed, %d failed%s %4d s\n' $((total - failed - skipped)) "$bad" "$([ "$skipped" -gt 0 ] && printf ', %d skipped' "$skipped" || true)" $((SECONDS - start))
  if [ "$bad" -gt 0 ] || [ "$code" -ne 0 ]; then
    grep -aE -A14 '\[FAIL\]|\[ERROR\]|\[FATAL' "$log" | head -n 120 || true
    FAILURES+=("$name (log: $log)")
    # A suite that reports success but ends otherwise did not succeed.
    [ "$bad" -gt 0 ] || FAILED=$((FAILED + 1))
  fi
}

# Vitest writes JSON with its counts.
run_console_suite() {
  local report=$ARTIFACTS/logs/console-tests.json log=$ARTIFACTS/logs/suite-console.log start=$SECONDS counts
  printf '%-34s' console
  rm -f "$report"
  npm --prefix "$ROOT/console" exec --no -- vitest run --root "$ROOT/console" --reporter=default --reporter=json --outputFile.json="$report" >"$log" 2>&1 || true
  counts=$(node -e 'const r = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")); console.log(r.numPassedTests, r.numFailedTests + (r.success || r.numFailedTests ? 0 : 1))' "$report" 2>/dev/null || true)
  if [ -z "$counts" ]; then
    printf 'DIED     %4d s\n' $((SECONDS - start))
    tail -n 40 "$log"
    count_failure "console ended without a report (log: $log)"
    return
  fi
  local passed failed
  read -r passed failed <<<"$counts"
  PASSED=$((PASSED + passed))
  FAILED=$((FAILED + failed))
  printf '%4d passed, %d failed %4d s\n' "$passed" "$failed" $((SECONDS - start))
  if [ "$failed" -gt 0 ]; then
    grep -aE -A12 'FAIL|Error:' "$log" | head -n 80 || true
    FAILURES+=("console (log: $log)")
  fi
}

has_script() { node -e 'process.exit(require(process.argv[1]).scripts?.[process.argv[2]] ? 0 : 1)' "$1/package.json" "$2"; }

test_console() {
  [ -f "$ROOT/console/package.json" ] || return 0
  local script
  for script in check types:check; do
    # The types come from the server's OpenAPI document, where the console keeps a copy of it.
    [ "$script" != types:check ] || [ -f "$ROOT/console/openapi.json" ] || continue
    if has_script "$ROOT/console" "$script"; then check "console-${script/:/-}" npm --prefix "$ROOT/console" run "$script" || true; fi
  done
  if check console-build npm --prefix "$ROOT/console" run build; then sources_of "$ROOT/console" >"$ARTIFACTS/console.stamp"; fi
  if [ -d "$ROOT/console/node_modules/vitest" ]; then run_console_suite; fi
}

test_packs() {
  if [ -f "$ROOT/protocols/package.json" ] && has_script "$ROOT/protocols" check; then
    check contracts-compile npm --prefix "$ROOT/protocols" run check || true
  fi
}

finish() {
  echo
  local failure
  for failure in ${FAILURES[@]+"${FAILURES[@]}"}; do echo "failed: $failure"; done
  echo "$PASSED passed, $FAILED failed"
  [ "$FAILED" -eq 0 ] && [ "$PASSED" -gt 0 ] || exit 1
  exit 0
}

run_tests() {
  local all=false
  case "${1:-}" in
    "") ;;
    --all) all=true ;;
    *) fail "test takes --all or nothing, not '$1'." ;;
  esac
  require_tools
  mkdir -p "$ARTIFACTS/logs"
  install_root_packages
  locked npm_install "$ROOT/console"
  locked npm_install "$ROOT/protocols"
  locked npm_install "$ROOT/tests"
  install_speed_packages
  command -v chromium >/dev/null || command -v google-chrome >/dev/null || [ -n "${CHROMIUM:-}" ] ||
    locked install_debian_packages chromium

  check restore dotnet restore "$ROOT/Quarterdeck.slnx" -v quiet || finish
  check build dotnet build "$ROOT/Quarterdeck.slnx" -c Release --no-restore -warnaserror -v quiet -nologo || finish
  check format dotnet format whitespace "$ROOT/Quarterdeck.slnx" --verify-no-changes --no-restore || true
  test_console
  test_packs
  # Browser tests and drills run what was built here.
  if [ -f "$CLI" ] && [ -f "$SERVER" ]; then sources_of "${PROGRAM_SOURCES[@]}" >"$ARTIFACTS/program.stamp"; fi

  local filter=(-trait- slow=true) project
  if $all; then filter=(); SUITE_TIMEOUT=${SUITE_TIMEOUT:-3600}; fi
  shopt -s nullglob
  for project in "$ROOT"/tests/*.Tests/*.csproj "$ROOT"/tests/*.Architecture/*.csproj "$ROOT"/protocols/*/tests/*.csproj "$ROOT"/tests/*.Acceptance/*.csproj; do
    run_suite "$project" ${filter[@]+"${filter[@]}"}
  done
  shopt -u nullglob
  finish
}
