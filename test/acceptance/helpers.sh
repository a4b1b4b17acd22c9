# What the scripts of the cases have at hand.

# Prints a command, runs it (what it says to people behind what it says to programs), and prints an exit code that is not 0.
run() {
  echo "\$ $*"
  "$@" 2>"$PWD/.stderr"
  local code=$?
  cat "$PWD/.stderr"
  rm -f "$PWD/.stderr"
  [ "$code" -eq 0 ] || echo "exit $code"
  return 0
}

# The real AWS CLI, speaking to the endpoint of this case.
aws_cli() {
  AWS_ACCESS_KEY_ID="${ACCOUNT:-123456789012}" AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=eu-central-1 AWS_PAGER= \
    "$AWS_PROGRAM" --endpoint-url "$ENDPOINT" "$@"
}

# Replaces a piece of a file of the project; says so where it is not there.
edit() {
  grep -qF -- "$2" "$1" || echo "edit: $1 does not hold $2"
  python3 - "$1" "$2" "$3" <<'PY'
import pathlib, sys
path = pathlib.Path(sys.argv[1])
path.write_text(path.read_text(encoding="utf-8").replace(sys.argv[2], sys.argv[3], 1), encoding="utf-8")
PY
}

# Runs a command that is cut off after so many seconds, in any of the ways that there are: killed, interrupted, its terminal
# closed, ended as a machine that shuts down ends it, or with nobody left who reads what it says.
cut_off_after() {
  local seconds=$1 ways=(KILL INT HUP TERM reader)
  shift
  local way=${ways[RANDOM % 5]}
  if [ "$way" = reader ]; then
    "$@" --json 2>&1 | timeout -s KILL "$seconds" cat
  else
    timeout -s "$way" "$seconds" "$@"
  fi >/dev/null 2>&1
}
