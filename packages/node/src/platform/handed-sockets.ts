/** systemd hands sockets over from this descriptor on (sd_listen_fds(3)). */
const FIRST = 3

/** What of `process` tells of sockets that were handed over. */
export interface Activation {
  readonly pid: number
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The descriptor of a socket that systemd has handed over, or why there is none. */
export type Handed = { readonly fd: number } | { readonly none: string }

/**
 * The socket of `LISTEN_FDS` that has this name (`FileDescriptorName=`), or the only one there is. Sockets are for the process that
 * `LISTEN_PID` names, and not for its children, who inherit the variables.
 *
 * @throws Error when several would fit, or none of those that were handed over has this name.
 */
export function handedSocket(name: string | undefined, { pid, env }: Activation = process): Handed {
  const { LISTEN_FDS: fds, LISTEN_PID: forPid, LISTEN_FDNAMES: fdNames = '' } = env
  if (fds === undefined) return { none: 'LISTEN_FDS is not set; start the service by its .socket unit' }
  if (forPid !== String(pid)) {
    return {
      none: `LISTEN_FDS is for process ${forPid}, and this is ${pid}; let "exec" start node, without npm or a shell in between`,
    }
  }
  const names = fdNames.split(':')
  const sockets = Array.from({ length: Number(fds) || 0 }, (_, i) => ({ fd: FIRST + i, name: names[i] || 'unknown' }))
  const fitting = name === undefined ? sockets : sockets.filter((socket) => socket.name === name)
  const [first, second] = fitting
  if (first !== undefined && second === undefined) return { fd: first.fd }
  const all = sockets.map(({ fd, name }) => `${fd} ${name}`).join(', ')
  if (first === undefined) throw new Error(`systemd has handed over ${all || 'no socket'}: none is named "${name ?? ''}"`)
  const how = name === undefined ? "name one with fd: 'systemd:NAME' (FileDescriptorName=), or" : 'they have the same name:'
  throw new Error(`systemd has handed over several sockets (${all}); ${how} give its number as fd`)
}
