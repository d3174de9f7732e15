import type { Kernel, KernelEventOf } from '@keelson/kernel'
import { type Say, silent } from '../narrate/log.js'
import { followShell } from './follow-shell.js'
import { platformOf } from './platform.js'
import { followParent, isClusterWorker, tellParentReady } from './process-parent.js'
import { tellLimits } from './runtime-limits.js'
import { tellSystemd } from './systemd.js'
import { systemdSocket } from './systemd-socket.js'
import { systemdUnheard } from './systemd-unheard.js'

/** In ms: how long Kubernetes may take to stop sending requests to a pod that is being ended. */
const KUBERNETES_DELAY = 5_000

/** systemd and PM2 know one state of a process: that of the first kernel which runs in it. */
let spokenFor = false

export interface PlatformOptions {
  readonly say: Say
  readonly leave: (reason: string) => void
  readonly exitGrace: number
}

/** X5: works with what runs this process, until the returned function is called with the exit code. */
export function joinPlatform(kernel: Kernel, { say, leave, exitGrace }: PlatformOptions): (exitCode: number) => void {
  const { systemd, pm2, kubernetes } = platformOf(process.env, { pid: process.pid, isWorker: isClusterWorker() })
  if (kubernetes) kernel.defaults({ shutdown: { delay: KUBERNETES_DELAY } })
  const quits = [followParent(leave), followShell(spokenFor ? silent : say, leave), tellLimits(kernel, say)]
  const quit = () => {
    for (const end of quits) end()
  }
  if (spokenFor) return quit
  spokenFor = true

  const onState = ({ to }: Pick<KernelEventOf<'kernel:state'>, 'to'>) => {
    if (to === 'running') tellParentReady()
  }
  if (pm2) {
    kernel.on('kernel:state', onState)
    onState({ to: kernel.state })
  }
  const quitSystemd =
    systemd &&
    tellSystemd(kernel, {
      send: systemdSocket(systemd.socket, (error) => say(systemdUnheard(kernel.name, error))),
      watchdog: systemd.watchdog,
      exitGrace,
    })
  return (exitCode) => {
    spokenFor = false
    quit()
    kernel.off('kernel:state', onState)
    quitSystemd?.(exitCode)
  }
}
