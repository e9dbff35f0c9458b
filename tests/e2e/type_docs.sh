# SPDX-License-Identifier: Apache-2.0
# Does every command of these files do what is printed there? Each ```sh block is run line by line, as a newcomer would type it: a user who is not
# root, with sudo where it says so. Sourced behind words.sh, in a guest: . type_docs.sh FILE...
#
# A line ends with 0, or 3 where records were lost; "# exit 1" and "# exit 0 or 1" in it say otherwise. `my_test` and `my_job` are loads of the lab,
# `my_driver` is examples/my_driver. What explores a model is typed by tests/cli/docs_explore.sh.
root=$(cd "$lab/../.." && pwd)
. "$root/tests/doc_commands.sh"
"$lab/inside/rxe.sh"
"$lab/inside/kvm.sh"
user=newcomer
"$lab/inside/user.sh" $user
install -m 755 "$mirrorscope" /usr/local/bin/mirrorscope
cd "/home/$user" || exit 1
printf '#!/bin/sh\nexec %s/rdma_churn --odp --seconds 2\n' "$workloads" > my_test
printf '#!/bin/sh\nexec %s/rdma_churn --pinned --tap --seconds 2\n' "$workloads" > my_job
chmod 755 my_test my_job
cc -o my_driver_test "$root/examples/my_driver/my_test.c" && insmod /out/btf/my_driver.ko off_by_one=1 || exit 1
# What this user types in a directory of his.
types() { (cd "$1" && exec runuser -u $user -- env -i HOME="/home/$user" USER=$user PATH=/usr/local/bin:/usr/bin:/bin bash -c "set -o pipefail; $2"); }

# The next lines read what this one writes, so it is typed here too.
typed_outside() { explores "$1" && [[ $1 != *--write-trace* ]]; }

for doc; do
    mkdir -p "in/$doc"
    cp my_test my_job my_driver_test "$root"/examples/my_driver/my_driver.{h,bpf.c} "in/$doc"
    chown -R $user: in
    lines=0
    while IFS= read -r line; do
        ! typed_outside "$line" || continue
        lines=$((lines + 1))
        code=0
        types "in/$doc" "$line" > out.txt 2> err.txt < /dev/null || code=$?
        case $line in
            *'# exit 0 or 1') [ $code = 0 ] || [ $code = 1 ] || [ $code = 3 ] ;;
            *'# exit 1') [ $code = 1 ] ;;
            *) [ $code = 0 ] || [ $code = 3 ] ;;
        esac
        good=$?
        must "$doc: $line (exit $code)" is $good 0
        [ $good = 0 ] || { tail -3 out.txt; tail -3 err.txt; }
    done < <(commands "$root/$doc")
    must "$doc has commands" test $lines -gt 0
    must "what $doc makes is the user's" is "$(find "in/$doc" ! -user $user | head -3)" ""
done
