// What clients of an app of NestJS lose when it gets SIGTERM under load, started by nestServer() and as the documentation of Nest says.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { fileURLToPath } from 'node:url'
import { later } from './serving.mjs'

const CLIENTS = 20

/** How long after SIGTERM the platform kills it, in ms. */
const GRACE = 5_000

export const nestCases = ['express', 'fastify'].map((platform) => ({
  name: `nest/${platform}`,
  sees: 'every request answered; in brackets, what plain Nest loses',
  on: ['nest'],
  async measure() {
    const ours = await lossOf('keelson', platform)
    assert.equal(ours.lost.length, 0, `lost: ${ours.lost.slice(0, 5).join(', ')}`)
    assert.equal(ours.code, 0, 'it was killed, or failed')
    assert.ok(ours.answered > CLIENTS)
    const plain = await lossOf('plain', platform)
    const end = plain.signal === 'SIGKILL' ? ', and is killed' : ''
    return `${ours.lost.length} of ${ours.answered} (${plain.lost.length} of ${plain.answered + plain.lost.length}${end})`
  },
}))

async function lossOf(how, platform) {
  const { file, remove } = prepare(how, platform)
  const child = fork(file, [how, platform], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  try {
    const exited = once(child, 'exit')
    const [port] = await once(child, 'message')
    child.disconnect()
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS + 1 })
    const tally = { answered: 0, lost: [] }
    const clients = Array.from({ length: CLIENTS }, () => client(port, agent, tally))
    await later(300)
    const slow = ask(port, agent, 300, tally)
    await later(50)
    child.kill('SIGTERM')
    const grace = setTimeout(() => child.kill('SIGKILL'), GRACE)
    await Promise.all([...clients, slow])
    agent.destroy()
    const [code, signal] = await exited
    clearTimeout(grace)
    return { ...tally, code, signal }
  } finally {
    child.kill('SIGKILL')
    remove()
  }
}

/** Asks again and again, until nobody accepts a connection. */
async function client(port, agent, tally) {
  while (await ask(port, agent, Math.random() * 10, tally));
}

/** Resolves to whether somebody was there. */
function ask(port, agent, ms, tally) {
  return new Promise((resolve) => {
    const lost = (why) => {
      tally.lost.push(why)
      resolve(true)
    }
    const req = get({ host: '127.0.0.1', port, agent, path: `/?ms=${ms}` }, (res) => {
      res.resume()
      res.once('error', (error) => lost(error.code))
      res.once('end', () => {
        if (res.statusCode !== 200) return lost(String(res.statusCode))
        tally.answered++
        resolve(true)
      })
    })
    // A connection that ends before its first answer may never have been accepted.
    req.once('error', ({ code }) => (req.reusedSocket ? lost(code) : resolve(false)))
  })
}

/** The app beside the built package, where both find the same NestJS. */
function prepare(how, platform) {
  const folder = fileURLToPath(new URL(`../.cache/nest-load-${process.pid}-${how}-${platform}/`, import.meta.url))
  mkdirSync(folder, { recursive: true })
  cpSync(fileURLToPath(new URL('../../packages/nest/dist', import.meta.url)), `${folder}keelson-nest`, { recursive: true })
  const source = readFileSync(new URL('./nest-app.mjs', import.meta.url), 'utf8')
  writeFileSync(`${folder}app.mjs`, source.replace('@keelson/nest', './keelson-nest/index.js'))
  return { file: `${folder}app.mjs`, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
