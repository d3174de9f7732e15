// Installs what the system tests need and Node cannot bring: Debian packages, only those that are missing.
import { spawnSync } from 'node:child_process'

/** Program, and the Debian package that has it. */
const NEEDED = [
  ['haproxy', 'haproxy'],
  ['dockerd', 'docker.io'],
  ['busybox', 'busybox-static'],
  ['redis-server', 'redis-server'],
  ['prometheus', 'prometheus'],
  ['chromium', 'chromium'],
  ['/usr/lib/rabbitmq/bin/rabbitmq-server', 'rabbitmq-server'],
  ['mariadbd', 'mariadb-server-core'],
  ['nats-server', 'nats-server'],
  ['/lib/systemd/systemd', 'systemd'],
  ['unshare', 'util-linux'],
  ['zsh', 'zsh'],
  ['fish', 'fish'],
]

/** What the tests of Docker and systemd do: a process in namespaces of its own that mounts something. */
const MOUNTS = ['--fork', '--pid', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const missing = NEEDED.filter(([program]) => !has(program))
const packages = missing.map(([, name]) => name)

if (packages.length > 0) {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  if (!has('apt-get')) fail('there is no apt-get here')
  if (sudo.length > 0 && spawnSync('sudo', ['-n', 'true']).status !== 0) fail('this user is not root and may not use sudo')
  console.log(`keelson: installing ${packages.join(', ')} with apt-get for the system tests`)
  // The package lists may be older than the archive, or missing.
  if (!install(sudo) && !(apt(sudo, ['update']) && install(sudo))) fail('apt-get failed; its output is above')
  if (!NEEDED.every(([program]) => has(program))) fail('apt-get installed them, but they are not in the PATH')
}

if (spawnSync('unshare', MOUNTS).status !== 0) {
  console.error(
    'keelson: the system tests of Docker and systemd will fail: they need root with CAP_SYS_ADMIN, to make namespaces and mounts.',
  )
}

function install(sudo) {
  return apt(sudo, ['install', '--yes', '--no-install-recommends', ...packages])
}

function apt(sudo, args) {
  // No service is started: the tests start what they need.
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1']
  const [command, ...rest] = [...sudo, ...environment, 'apt-get', '-qq', ...args]
  return spawnSync(command, rest, { stdio: 'inherit' }).status === 0
}

function fail(why) {
  console.error(`keelson: the system tests need ${packages.join(', ')}, but ${why}. Install them by hand and try again.`)
  process.exit(1)
}
