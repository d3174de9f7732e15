import type { Command } from '../line/command.js'
import { drill } from './drill.js'
import { graph } from './graph.js'
import { plan } from './plan.js'
import { verify } from './verify.js'

/** In the order of the help. */
export const COMMANDS: readonly Command[] = [plan, graph, verify, drill]
