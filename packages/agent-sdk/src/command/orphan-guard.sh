# orphan-guard HOST_ID
# Ends what a host's commands left running when the host is gone, however it ended (kill -9 too).
#
# Standard input is a pipe from the host. The host writes "+<pid>" when it starts a command (leader of its own process
# group) and "-<pid>" when nothing of it is left. The pipe ends when the host does. Then everything is ended that is in
# one of those groups, or has the host's id in its environment (NOVA_RUN_ID): SIGTERM, two seconds later SIGKILL.
host=$1
groups=' '
trap '' INT TERM HUP

while read -r line; do
  pid=${line#?}
  case $line in
    +*) groups="$groups$pid " ;;
    -*) case $groups in *" $pid "*) groups="${groups%% "$pid" *} ${groups#* "$pid" }" ;; esac ;;
  esac
done

marked() { grep -lsF "$host" /proc/[0-9]*/environ; }

alive() {
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && return 0; done
  [ -n "$(marked)" ]
}

end() {
  for group in $groups; do kill -s "$1" -- "-$group" 2>/dev/null; done
  for found in $(marked); do
    pid=${found#/proc/}
    kill -s "$1" "${pid%/environ}" 2>/dev/null
  done
}

round=0
end TERM
while alive && [ "$round" -lt 20 ]; do round=$((round + 1)); sleep 0.1; done
while alive && [ "$round" -lt 120 ]; do round=$((round + 1)); end KILL; sleep 0.1; done
