#!/bin/sh
# Runs every test of every module with coverage, whatever fails on the way, then prints one line on coverage
# and the sum of Surefire's summaries. The exit code is Maven's.
set -u
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ]; then
  echo "test: not root: the tests that load programs into the kernel will fail" >&2
fi
# Old reports would be counted with the new ones, and jars of before be tested with them.
rm -rf ./*/target/surefire-reports ./*/target/site/jacoco agent/target/dist

# The tests against the real Collector need Go, once, to build it.
without_oracle=
if oracle=$(build/oracle.sh); then
  set -- "-Dweir.oracle=$oracle" "$@"
elif [ "${CI:-}" = true ]; then
  echo "[ERROR] The real Collector could not be built, and with CI=true nothing is left out." >&2
  exit 1
else
  without_oracle="[WARNING] Left out: the tests against the real Collector (tag 'oracle'), which could not be built, see above."
  echo "$without_oracle" >&2
  set -- -DexcludedGroups=oracle "$@"
fi

build/with-jdk.sh mvn --batch-mode --fail-at-end verify "$@"
code=$?

if ls ./*/target/site/jacoco/jacoco.csv >/dev/null 2>&1; then
  awk -F, 'FNR > 1 { lm += $8; lc += $9; bm += $6; bc += $7 }
    END { if (lm + lc > 0 && bm + bc > 0)
      printf "[INFO] Coverage: %.1f %% of %d lines, %.1f %% of %d branches (each module: target/site/jacoco/index.html)\n",
        100 * lc / (lm + lc), lm + lc, 100 * bc / (bm + bc), bm + bc }' ./*/target/site/jacoco/jacoco.csv
fi
if ls ./*/target/surefire-reports/TEST-*.xml >/dev/null 2>&1; then
  # Each report's <testsuite ...> element carries the four counts as attributes.
  awk 'function count(name) { return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3) + 0 : 0 }
    /<testsuite / { inside = 1 }
    inside { t += count("tests"); e += count("errors"); s += count("skipped"); f += count("failures") }
    inside && />/ { inside = 0 }
    END { printf "[INFO] Results of all modules:\n[%s] Tests run: %d, Failures: %d, Errors: %d, Skipped: %d\n",
        (f + e > 0 ? "ERROR" : "INFO"), t, f, e, s }' ./*/target/surefire-reports/TEST-*.xml
else
  echo "[ERROR] No test ran."
  [ "$code" -ne 0 ] || code=1
fi
[ -z "$without_oracle" ] || echo "$without_oracle"
exit "$code"
