import type { Socket } from 'node:net'
import { setTimeout as elapsed } from 'node:timers/promises'
import type { CommandContext } from '../command/command.js'
import { commandName, runCommand } from '../command/run-command.js'
import { isHello } from '../command/topology.js'
import { CommandError } from '../command-error.js'
import { type Message, MessageReader } from '../wire/message-reader.js'
import { OP_MSG, type Request, readOpMsg, writeOpMsg } from '../wire/op-msg.js'
import { OP_QUERY, readOpQuery, writeOpReply } from '../wire/op-query.js'
import type { Gate } from './gate.js'

/**
 * Serves one socket: reads all the time, answers in order. Bytes that are no message, and whatever else goes wrong in here,
 * end this connection and no other.
 */
export function serveConnection(socket: Socket, gate: Gate, context: Omit<CommandContext, 'database'>): void {
  const reader = new MessageReader()
  const gone = new AbortController()
  let nextId = 1
  let answered: Promise<void> = Promise.resolve()

  socket.setNoDelay(true)
  socket.on('error', () => {}) // 'close' follows
  socket.on('close', () => gone.abort())
  socket.on('data', (chunk) => {
    try {
      for (const message of reader.push(chunk)) {
        const answer = prepare(message)
        answered = answered.then(answer).catch(() => void socket.destroy())
      }
    } catch {
      socket.destroy()
    }
  })

  function prepare(message: Message): () => Promise<void> {
    if (message.opCode === OP_MSG) {
      const request = readOpMsg(message)
      return () => answerOpMsg(request)
    }
    if (message.opCode === OP_QUERY) {
      const request = readOpQuery(message)
      return () => answerOpQuery(request)
    }
    throw new RangeError(`no message has the op code ${message.opCode}`)
  }

  async function answerOpMsg({ command, requestId, silent, exhaustAllowed }: Request): Promise<void> {
    const name = commandName(command)
    const wait = isHello(name) ? context.topology.awaitTime(command) : 0
    const moreToCome = wait > 0 && exhaustAllowed
    let responseTo = requestId
    do {
      if (wait > 0) await elapsed(wait, undefined, { signal: gone.signal })
      await gate.pass(name)
      if (gone.signal.aborted) return
      const reply = runCommand(command, context)
      const id = nextId++
      if (!silent) await send(writeOpMsg(reply, { requestId: id, responseTo, moreToCome }))
      responseTo = id
    } while (moreToCome)
  }

  async function answerOpQuery({ command, requestId }: Request): Promise<void> {
    const name = commandName(command)
    await gate.pass(name)
    if (gone.signal.aborted) return
    const reply = isHello(name) ? runCommand(command, context) : unsupportedOpQuery(name)
    await send(writeOpReply(reply, { requestId: nextId++, responseTo: requestId }))
  }

  function send(bytes: Buffer): Promise<void> {
    return new Promise((sent, failed) => socket.write(bytes, (error) => (error ? failed(error) : sent())))
  }
}

function unsupportedOpQuery(name: string) {
  return new CommandError('UnsupportedOpQueryCommand', `Unsupported OP_QUERY command: ${name}`).toReply()
}
