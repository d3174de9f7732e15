import { CommandError } from '../command-error.js'
import type { Command } from './command.js'

const hello: Command = (_command, { topology, connectionId }) => topology.hello(false, connectionId)
const legacyHello: Command = (_command, { topology, connectionId }) => topology.hello(true, connectionId)

const done: Command = () => ({ ok: 1 })

/** Libraries choose features by this version; `modules` says what really answers. */
const buildInfo: Command = () => ({
  version: '7.0.0',
  versionArray: [7, 0, 0, 0],
  modules: ['keelson-mongo-stand-in'],
  maxBsonObjectSize: 16_777_216,
  ok: 1,
})

/** There are no users: every login fails, the way a wrong password does. */
const refuseLogin: Command = () => {
  throw new CommandError('AuthenticationFailed', 'Authentication failed.')
}

export const serverCommands: Readonly<Record<string, Command>> = {
  hello,
  isMaster: legacyHello,
  ismaster: legacyHello,
  ping: done,
  endSessions: done,
  buildInfo,
  buildinfo: buildInfo,
  saslStart: refuseLogin,
  saslContinue: refuseLogin,
  authenticate: refuseLogin,
}
