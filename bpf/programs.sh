#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which program feeds which event from which function? programs.sh OBJECT... prints an initializer of bpf/programs.h's Program for each, as
# the compiled objects have it: what stands before "__" in a program's name is the event, its section names the function. Events that no
# program is named after come after it, from the files that record them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
list=$(for object in "$@"; do
    file=${object##*/}
    file=${file#*.}
    file=${file%.bpf.c.o}
    case $file in *_*) file=${file%%_*}/${file#*_} ;; esac # no folder has an underscore in its name
    readelf -SsW "$object" | awk -v file="$file" '
        match($0, /^ +\[ *[0-9]+\] [^ ]/) {
            number = $0
            gsub(/^ +\[ *|\].*/, "", number)
            sub(/^ +\[ *[0-9]+\] /, "")
            section[number] = $1
        }
        $4 == "FUNC" && $7 in section {
            event = $8
            sub(/__.*/, "", event)
            target = section[$7]
            if (!sub(/^[a-z_]+\//, "", target) || section[$7] ~ /^iter/) target = ""
            printf "{\"%s\", \"%s\", \"%s\"},\n", event, file, target
        }'
done | LC_ALL=C sort -u)
printf '%s\n' "$list"
cd "$here"
grep -oE '\bRECORD\([a-z_]+' ./*.h kernel/*.c | sed -E 's#^(\./)?([^:]*)\.bpf\.[ch]:RECORD\((.*)#\3 \2#' | grep -vE '^(event|name) ' | # macros' arguments
    LC_ALL=C sort -u | while read -r event file; do
    case $list in *"{\"$event\", "*) ;; *) printf '{"%s", "%s", ""},\n' "$event" "$file" ;; esac
done
