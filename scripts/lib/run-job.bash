# What the scripts of the example jobs share: they build what is missing, start a broker, feed words into a topic, run
# copies of runner.jar with a job, and end all of it together. Needs bash 4.4, coreutils, a JDK 17 or later, and Maven
# to build.
#
# A script sources this file, defines usage, sets job to the name of its module, and calls in this order:
#
#   read_options "$@"       options that all jobs have; any other goes to own_option, which the script may define
#   claim_output [SUBDIR..] --output DIR has no results of an earlier run, or they are deleted
#   open_work               from here on, whatever was started ends with the script
#   build
#   find_broker             starts one, unless -b names one; sets name, topic and partitions
#   feed                    the words of --input, or random ones for ever
#   start_instances         with run_options and job_options
#   await_instances         returns when all have come to the end of the input
#
# Programs run in the background, each in a process group of its own that is known by a label: groups[label]. The label
# view is for a program of the script's own that shows the results: it has to live as long as the job.

if (( BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404 )); then
  printf '%s: this is bash %s; it takes 4.4 or later\n' "$job" "$BASH_VERSION" >&2
  exit 2
fi

# Background jobs get process groups of their own. Ctrl-C reaches the script alone, which then stops the others in the
# right order.
set -m
shopt -s nullglob globstar

say() { printf '%s: %s\n' "$job" "$*" >&2; }

wrong() {
  say "$*. See --help"
  exit 2
}

# die MESSAGE [LOG [CODE]]
die() {
  say "$1"
  if [[ -n ${2:-} && -s $2 ]]; then
    tail -n 20 -- "$2" >&2
  fi
  exit "${3:-1}"
}

absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s' "$PWD/$1" ;; esac; }

# ------------------------------------------------------------------ options

input= output= broker= work=
until_end=no overwrite=no
instances=1 rate=1000

# Arguments: an option, and what follows it on the command line.
value() { (( $# >= 2 )) && [[ -n $2 ]] || wrong "Option $1 lacks its value"; }
number() { [[ $2 =~ ^[1-9][0-9]{0,6}$ ]] || wrong "Option $1 needs a number of at least 1, not '$2'"; }

# Takes the option $1, with a value if it has one, and sets taken to 1 or 2; fails if there is no such option.
own_option() { return 1; }

read_options() {
  local taken
  while (( $# > 0 )); do
    case $1 in
      --input) value "$@"; input=$2; taken=2 ;;
      --output) value "$@"; output=$2; taken=2 ;;
      --instances) value "$@"; number "$@"; instances=$2; taken=2 ;;
      --rate) value "$@"; number "$@"; rate=$2; taken=2 ;;
      -b | --bootstrap-server) value "$@"; broker=$2; taken=2 ;;
      --work) value "$@"; work=$2; taken=2 ;;
      --until-end) until_end=yes; taken=1 ;;
      --overwrite) overwrite=yes; taken=1 ;;
      -h | --help) usage; exit 0 ;;
      *) own_option "$@" || wrong "There is no option '$1'" ;;
    esac
    shift "$taken"
  done
  if [[ -n $input ]]; then
    [[ -f $input && -r $input ]] || wrong "Cannot read the file '$input'"
    input=$(absolute "$input")
  elif [[ $until_end == yes ]]; then
    wrong "--until-end needs --input FILE: the random feed has no end"
  fi
}

# Results of an earlier run would be counted twice. Arguments: directories below the output that have results, too.
claim_output() {
  local subdirectory earlier
  [[ -n $output ]] || return 0
  output=$(absolute "$output")
  mkdir -p -- "$output"
  earlier=("$output"/*.jsonl)
  for subdirectory in "$@"; do
    earlier+=("$output/$subdirectory"/*.jsonl)
  done
  (( ${#earlier[@]} > 0 )) || return 0
  [[ $overwrite == yes ]] || wrong "'$output' has the results of an earlier run (${#earlier[@]} files), and adding to \
them would count twice. Give another directory, or --overwrite"
  rm -f -- "${earlier[@]}"
}

# ------------------------------------------------------------------ programs in the background, and clean ends

declare -A groups=() # the process groups that were started, by label
instance_labels=()
held_pipes=() # our ends of pipes: others notice by them that the script has ended
temporary=    # the work directory, if it goes away with the script

# start LABEL COMMAND...: runs it in the background, in a group of its own.
start() {
  local label=$1
  shift
  (
    for pipe in "${held_pipes[@]}"; do
      exec {pipe}>&-
    done
    "$@"
  ) &
  groups[$label]=$!
  # For keep_watch.
  printf '%s\n' "$!" >"$work/$label.group"
}

# start_with_pipe LABEL COMMAND...: the same, with a pipe as its standard input. Sets pipe to the end that is ours.
start_with_pipe() {
  local label=$1
  shift
  mkfifo -- "$work/$label.pipe"
  start "$label" read_from "$work/$label.pipe" "$@"
  exec {pipe}>"$work/$label.pipe"
  held_pipes+=("$pipe")
}

read_from() { "${@:2}" <"$1"; }

# send_line PIPE LINE: nothing happens if nobody reads it any more.
send_line() { (trap '' PIPE; printf '%s\n' "$2" >&"$1") 2>/dev/null || true; }

# finish LABEL: waits until it ends by itself; returns its exit code.
finish() {
  local code=0
  wait "${groups[$1]}" || code=$?
  unset "groups[$1]"
  return "$code"
}

is_running() { [[ -n ${groups[$1]:-} ]] && kill -0 -- "-${groups[$1]}" 2>/dev/null; }

signal() { kill "-$1" -- "-${groups[$2]}" 2>/dev/null || true; }

# Without the shell's own notes on jobs that end by a signal.
quietly() {
  local messages
  exec {messages}>&2 2>/dev/null
  "$@"
  exec 2>&"$messages" {messages}>&-
}

# Waits while leaving room for traps.
pause() {
  sleep "$1" &
  wait "$!" || true
}

# stop SECONDS LABEL...: ends them side by side; by force what is still there after so long.
stop() {
  local patience=$1 label i
  shift
  for label in "$@"; do
    ! is_running "$label" || signal TERM "$label"
  done
  for label in "$@"; do
    for (( i = 0; i < patience * 10; i++ )); do
      is_running "$label" || continue 2
      pause 0.1
    done
    signal KILL "$label"
  done
}

clean_up() {
  local code=$?
  trap - EXIT
  # A second Ctrl-C must not leave half of it behind.
  trap '' INT TERM HUP
  # What is left to say is the shell's own notes on jobs that end by a signal.
  exec 2>/dev/null
  stop 2 build feeder
  stop 20 "${instance_labels[@]}"
  stop 2 view
  if [[ -n $broker_pipe ]]; then
    send_line "$broker_pipe" ""
    exec {broker_pipe}>&-
  fi
  stop 20 broker
  ! is_running sentinel || signal KILL sentinel
  wait 2>/dev/null || true
  rm -f -- "$work"/*.{group,pipe}
  [[ -z $temporary ]] || rm -rf -- "$temporary"
  exit "$code"
}

interrupted() {
  say "stopping"
  exit "$1"
}

# Ends everything if this script itself is killed with kill -9: its end of the pipe closes then.
keep_watch() {
  trap '' INT TERM HUP
  local ignored noted
  read -r ignored || true
  for noted in "$work"/*.group; do
    [[ $noted == */sentinel.group ]] || kill -KILL -- "-$(<"$noted")" 2>/dev/null || true
  done
  [[ -z $temporary ]] || rm -rf -- "$temporary"
}

open_work() {
  if [[ -z $work ]]; then
    work=$(mktemp -d "${TMPDIR:-/tmp}/$job.XXXXXX")
    temporary=$work
  else
    work=$(absolute "$work")
    mkdir -p -- "$work"
    rm -rf -- "$work"/{kafka,state,state-*,changes} "$work"/*.{log,out,pid,exit,group,pipe}
  fi
  trap clean_up EXIT
  trap 'interrupted 130' INT
  trap 'interrupted 143' TERM
  trap 'interrupted 129' HUP
  start_with_pipe sentinel keep_watch
}

# ------------------------------------------------------------------ the programs

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../.." && pwd -P)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
java_opts=(-Xmx384m -XX:+UseSerialGC)

jar_of() { printf '%s' "$root/$1/target/$1.jar"; }

# The files that a module's jar is made of.
sources() {
  printf '%s\n' "$root/$1/pom.xml" "$root/$1"/src/main/**/*
  if [[ $1 == runner ]]; then
    printf '%s\n' "$root"/{pom.xml,library/pom.xml} "$root"/library/src/main/**/*
  fi
}

is_stale() {
  local jar source
  jar=$(jar_of "$1")
  [[ -f $jar ]] || return 0
  while read -r source; do
    if [[ -f $source && $source -nt $jar ]]; then
      return 0
    fi
  done < <(sources "$1")
  return 1
}

build() {
  command -v "$java" >/dev/null || die "Cannot find java: install a JDK 17 or later, or set JAVA_HOME"
  # The words are fed by a class of wordcount, whatever the job.
  local modules=(devbroker runner wordcount) module stale=no
  [[ $job == wordcount ]] || modules+=("$job")
  for module in "${modules[@]}"; do
    ! is_stale "$module" || stale=yes
  done
  [[ $stale == yes ]] || return 0
  command -v mvn >/dev/null || die "Cannot build: mvn is not there. Install Maven 3.8.7 or later"
  say "building (the first time Maven downloads what it needs, which takes a few minutes)"
  start build mvn -B -ntp -f "$root/pom.xml" -pl "$(IFS=,; printf '%s' "${modules[*]}")" -am package \
    -Dmaven.test.skip=true >"$work/build.log" 2>&1 </dev/null
  finish build || die "Cannot build:" "$work/build.log"
  # A jar that would come out the same is not written again; it is up to date all the same.
  for module in "${modules[@]}"; do
    touch -- "$(jar_of "$module")"
  done
}

# ------------------------------------------------------------------ the broker and the words

broker_pipe=

# The broker of -b, or one that ends with the script.
find_broker() {
  name=$job topic=words
  partitions=$(( instances > 2 ? 2 * instances : 4 ))
  if [[ -z $broker ]]; then
    say "starting a broker"
    start_with_pipe broker run_broker >"$work/broker.out" 2>"$work/broker.log"
    broker_pipe=$pipe
    await_broker
    say "broker at $broker"
  else
    # Names of our own, whatever that broker has seen before.
    local run
    printf -v run '%(%Y%m%d-%H%M%S)T-%d' -1 "$$"
    name=$job-$run topic=words-$run
  fi
}

run_broker() {
  exec "$java" -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar "$(jar_of devbroker)" --port 0 \
    --data "$work/kafka" --exit-with-parent
}

await_broker() {
  local i word address
  for (( i = 0; i < 1200; i++ )); do
    while read -r word address; do
      if [[ $word == READY ]]; then
        broker=$address
        return
      fi
    done <"$work/broker.out"
    is_running broker || break
    pause 0.1
  done
  die "The broker did not start:" "$work/broker.log"
}

feed_options=()

# The words of --input, all of them before the job starts; or random ones beside it.
feed() {
  if [[ -n $input ]]; then
    say "feeding the words of $input into topic $topic"
    start feeder feed_words "$input" </dev/null 2>"$work/feeder.log"
  else
    # So that the topic is there when the job starts.
    start feeder put </dev/null 2>"$work/feeder.log"
  fi
  finish feeder || die "The words could not be fed:" "$work/feeder.log" "$?"
  if [[ -n $input ]]; then
    say "$(tail -n 1 -- "$work/feeder.log")"
  else
    say "feeding $rate random words a second into topic $topic"
    start feeder feed_words --endless "$rate" </dev/null 2>"$work/feeder.log"
  fi
}

feed_words() {
  "$java" -Xmx64m -XX:+UseSerialGC -cp "$(jar_of wordcount)" dev.millrace.examples.wordcount.WordFeeder \
    "${feed_options[@]}" "$@" | put
}

put() {
  "$java" -Xmx128m -XX:+UseSerialGC -jar "$(jar_of runner)" put "$topic" -b "$broker" --create-partitions "$partitions"
}

# ------------------------------------------------------------------ the instances

run_options=() # of runner.jar run
state=         # the directory for state below the work directory, if not all instances share one
job_options=() # of the job itself

# Small: it starts the instance, and then only waits.
supervisor_opts=(-Xmx32m -XX:+UseSerialGC -XX:TieredStopAtLevel=1)
restarts=10/5m # of an instance, before it is given up

declare -A pids=()       # the process of each instance, as far as it was shown
declare -A starts=()     # how often each of them was started
declare -A dashboards=() # the address of its dashboard, as far as it was shown
declare -A looked_up=()  # of how many of its starts

start_instances() {
  local n
  [[ $until_end == no ]] || run_options+=(--until-end)
  for (( n = 1; n <= instances; n++ )); do
    start "instance-$n" run_instance "$n"
    instance_labels+=("instance-$n")
  done
}

# Runs an instance until it ends by itself; the runner starts one that dies again.
run_instance() {
  local number=$1 code=0
  # The runner gets the signal too; its exit code is waited for.
  trap : TERM
  "$java" "${supervisor_opts[@]}" -jar "$(jar_of runner)" run "$(jar_of "$job")" --supervise \
    --jvm-options "${java_opts[*]}" --restarts "$restarts" --pid-file "$work/instance-$number.pid" \
    -b "$broker" --state-dir "$work/${state:-state}" "${run_options[@]}" -- --name "$name" --topic "$topic" "${job_options[@]}" \
    </dev/null 2>>"$work/instance-$number.log" || code=$?
  printf '%s\n' "$code" >"$work/instance-$number.exit"
}

# Shows which processes the instances have now.
show_processes() {
  local n pid
  for (( n = 1; n <= instances; n++ )); do
    [[ -s $work/instance-$n.pid ]] || continue
    pid=$(<"$work/instance-$n.pid")
    [[ $pid != "${pids[$n]:-}" ]] || continue
    if [[ -z ${pids[$n]:-} ]]; then
      say "instance $n of $instances: process $pid"
    else
      say "instance $n was killed or has failed; it is started again: process $pid"
    fi
    pids[$n]=$pid
    starts[$n]=$(( ${starts[$n]:-0} + 1 ))
  done
}

# Shows where the dashboards are, each of which shows the whole job. One that is started again may have another address.
show_dashboards() {
  local n line address count
  for (( n = 1; n <= instances; n++ )); do
    (( ${looked_up[$n]:-0} < ${starts[$n]:-0} )) && [[ -s $work/instance-$n.log ]] || continue
    address= count=0
    while read -r line; do
      if [[ $line == "its dashboard is at "* ]]; then
        address=${line#its dashboard is at }
        count=$(( count + 1 ))
      fi
    done <"$work/instance-$n.log"
    (( count >= ${starts[$n]} )) || continue
    looked_up[$n]=$count
    [[ $address == "${dashboards[$n]:-}" ]] || say "dashboard of instance $n: $address"
    dashboards[$n]=$address
  done
}

# Returns when all instances have ended well; ends the script if one of them has not, or if something else is missing.
await_instances() {
  local ended=0
  while (( ended < instances )); do
    check_instances
    pause 0.2
  done
}

# Sets ended to how many instances have ended well; ends the script as await_instances does.
check_instances() {
  local label code
  show_processes
  show_dashboards
  ended=0
  for label in "${instance_labels[@]}"; do
    if [[ -s $work/$label.exit ]]; then
      code=$(<"$work/$label.exit")
      (( code == 0 )) || die "Instance ${label#*-} failed with exit code $code:" "$work/$label.log" "$code"
      ended=$(( ended + 1 ))
    elif ! is_running "$label" && [[ ! -s $work/$label.exit ]]; then
      die "Instance ${label#*-} has vanished together with its supervisor:" "$work/$label.log"
    fi
  done
  for label in broker feeder view; do
    [[ -z ${groups[$label]:-} ]] || is_running "$label" || die "The $label has ended:" "$work/$label.log"
  done
}
