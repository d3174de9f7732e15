import type { Command } from '../line/command.js'
import { plan } from './plan.js'

/** In the order of the help. */
export const COMMANDS: readonly Command[] = [plan]
