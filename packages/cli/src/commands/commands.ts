import type { Command } from '../line/command.js'
import { completion } from './completion.js'
import { compose } from './compose.js'
import { drill } from './drill.js'
import { graph } from './graph.js'
import { k8s } from './k8s.js'
import { plan } from './plan.js'
import { probe } from './probe.js'
import { systemd } from './systemd.js'
import { timeline } from './timeline.js'
import { verify } from './verify.js'
import { watch } from './watch.js'

/** In the order of the help. */
export const COMMANDS: readonly Command[] = [
  plan,
  graph,
  verify,
  timeline,
  watch,
  probe,
  k8s,
  systemd,
  compose,
  drill,
  completion(() => COMMANDS),
]
