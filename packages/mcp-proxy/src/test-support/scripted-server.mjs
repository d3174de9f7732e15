// An MCP server that misbehaves as its environment says. On its standard error it tells what it is asked.
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const { FAILED_LISTS = '0', LATER_LISTS_MS = '0', EXIT, PAGES, API_TOKEN, TELL } = process.env
const tools = ['echo', 'sleep', 'hold', 'grow', 'repeat', 'hurry', 'fail', 'ask', 'authorize', 'pid']
let lists = 0
/** What it has asked its client, by id, and how far the answers have come. */
const asked = new Map()
const progress = []

const say = (text) => process.stderr.write(`${text} at ${Date.now()}\n`)
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
const answer = (id, result) => send({ id, result })
const ask = (method, params) =>
  new Promise((resolve) => {
    const id = `asked-${asked.size}`
    asked.set(id, resolve)
    send({ id, method, params })
  })

const METHODS = {
  initialize: ({ id, params: { protocolVersion } }) =>
    answer(id, { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'scripted', version: '1.0.0' } }),
  ping: ({ id }) => answer(id, {}),
  'tools/list': async ({ id }) => {
    lists++
    say('listed')
    if (lists <= Number(FAILED_LISTS)) return send({ id, error: { code: -32603, message: `no list yet for ${API_TOKEN}` } })
    const offered = tools.map((name) => ({ name, inputSchema: { type: 'object' } }))
    if (lists > 1) await sleep(Number(LATER_LISTS_MS))
    // A list of as many pages as there are lists, or more.
    answer(id, { tools: offered, ...(PAGES !== undefined && lists >= Number(PAGES) && { nextCursor: 'more' }) })
  },
  'tools/call': async ({ id, params: { name, arguments: args, _meta } }) => {
    let text = 'done'
    if (name === 'echo') text = args.message
    if (name === 'repeat') text = 'x'.repeat(args.length)
    if (name === 'fail') return send({ id, error: args })
    if (name === 'sleep') {
      say('sleeping')
      await sleep(args.ms)
    }
    if (name === 'hold') {
      say('holding')
      while (!existsSync(args.until)) await sleep(20)
    }
    if (name === 'hurry') {
      const progress = { method: 'notifications/progress', params: { progressToken: _meta.progressToken, progress: 1 } }
      const messages = [progress, { id, result: { content: [] } }]
      return process.stdout.write(messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''))
    }
    if (name === 'grow') {
      for (let n = 0; n < args.times; n++) {
        tools.push(`grown-${n}`)
        send({ method: 'notifications/tools/list_changed' })
      }
    }
    if (name === 'pid') text = `${process.pid}`
    if (name === 'ask') {
      await ask('sampling/createMessage', { messages: [], maxTokens: 1, _meta: { progressToken: 'mine' } })
      // One that was sent before the answer may come after it.
      while (progress.length < args.progress) await sleep(10)
      text = JSON.stringify(progress)
    }
    if (name === 'authorize') {
      const { action } = await ask('elicitation/create', {
        mode: 'url',
        message: '',
        url: 'https://a.example',
        elicitationId: 'e1',
      })
      send({ method: 'notifications/elicitation/complete', params: { elicitationId: 'e1' } })
      text = action
    }
    answer(id, { content: [{ type: 'text', text }] })
  },
  'notifications/progress': ({ params }) => void progress.push(params),
  'notifications/cancelled': () => say('cancelled'),
}

say('started')
if (TELL !== undefined) process.stderr.write(`${TELL} ${API_TOKEN}\n`)
if (EXIT !== undefined) process.exit(Number(EXIT))
// It reads what there is before it ends, as the end of its input asks it to.
process.on('SIGTERM', () => {})
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line)
    if (message.method === undefined) asked.get(message.id)?.(message.result ?? message.error)
    METHODS[message.method]?.(message)
  })
  .on('close', () => process.exit(0))
