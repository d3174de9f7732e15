# Becomes a systemd that starts nothing by itself, in namespaces that `unshare` has made for it:
#   sh systemd-namespace.sh FOLDER NODE
# FOLDER is /run/keelson there, FOLDER/units has the units, /run/keelson/node is the Node that runs services. Everything else of the
# machine can be read and not be written, its /run and its temporary folders are not seen at all, and processes are kept in a cgroup of
# their own, of version 2, whatever version the machine has in use.
set -eu
folder=$1
node=$2

mount --make-rprivate /
mkdir "$folder/cgroup"
mount -t cgroup2 cgroup2 "$folder/cgroup"
mkdir "$folder/cgroup/${folder##*/}"
echo 0 > "$folder/cgroup/${folder##*/}/cgroup.procs"
umount "$folder/cgroup"

mount --bind "$folder" /mnt
mount -t tmpfs tmpfs /run
mkdir -p /run/keelson /run/systemd/system
mount --move /mnt /run/keelson
mount --bind /run/keelson/units /run/systemd/system
mount --bind "$node" /run/keelson/node
for place in /tmp /var/tmp /etc/systemd /lib/systemd/system-generators; do mount -t tmpfs tmpfs "$place"; done
mount --bind /dev/null /dev/console

exec unshare --cgroup sh -euc '
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --bind /proc/sys /proc/sys
for place in / /sys /proc/sys; do mount -o remount,bind,ro "$place"; done
exec env -i container=keelson PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=keelson.target --show-status=no
'
