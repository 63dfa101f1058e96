drover_hook=$1 drover_log=$2
shift 2
drover_stamp() {
  drover_time=${EPOCHREALTIME:-$(date +%s.%N)}
  { printf '\ndrover %s %s %s\n' "$drover_hook" "$drover_time" "$1" >>"$drover_log"; } 2>/dev/null || :
}
drover_stamp begin
drover_output=$(
  (exec "$@") 2>&1
  drover_code=$?
  drover_stamp "exit $drover_code"
  exit $drover_code
)
drover_code=$?
drover_stamp end
{ printf 'drover %s output\n%.600s\ndrover %s done\n' "$drover_hook" "$drover_output" "$drover_hook" >>"$drover_log"; } 2>/dev/null || :
printf '%s' "$drover_output"
exit $drover_code
