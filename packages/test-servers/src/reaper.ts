import { spawn } from 'node:child_process'

export interface Reaper {
  /** The process to end with this one; undefined when there is none now. */
  watch(pid: number | undefined): void
  /** The folder was removed by somebody else. */
  dismiss(): void
}

/** Reads pids, one a line, until its input ends, which it does when this process has ended; then it ends the last one and removes the folder. */
const SCRIPT = `
while read -r line; do pid=$line; done
[ "$pid" = dismissed ] && exit
if [ -n "$pid" ]; then
  kill -CONT "$pid"; kill -QUIT "$pid"
  for i in 1 2 3 4 5 6 7 8 9 10 11 12; do kill -0 "$pid" || break; sleep 1; done
  kill -KILL "$pid"
fi
rm -rf "$1"`

/** A shell that ends a server and removes its folder when this process ends, also when it is killed. */
export function startReaper(folder: string): Reaper {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'reaper', folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  shell.stdin.on('error', () => {})
  shell.unref()
  ;(shell.stdin as unknown as { unref(): void }).unref()
  return {
    watch: (pid) => void shell.stdin.write(`${pid ?? ''}\n`),
    dismiss: () => void shell.stdin.end('dismissed\n'),
  }
}
