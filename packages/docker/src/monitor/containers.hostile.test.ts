// Attacked: what containers and their engine say (HEALTHCHECK output, errors, names, labels, images) in /health, the audit file, the webhook and the kernel.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, type TestContext, test } from 'vitest'
import { scene } from '../test-support/scene.js'
import type { ScriptedContainer } from '../test-support/scripted-engine.js'
import { healthHandler } from './health-handler.js'

const SECRET = 'SEKRIT0123456789'

/** Texts with a secret in them, by the form in which it is written. */
const TEXTS: Record<string, string> = {
  'a URL with a password': `postgres://app:${SECRET}@db/x`,
  'a URL of an unusual scheme': `amqps+tls://app:${SECRET}@mq`,
  'a parameter': `password=${SECRET}`,
  'a quoted parameter': `"api_key": "${SECRET} and more"`,
  'a parameter of a query': `GET /x?token=${SECRET}&y=1`,
  'a bearer token': `Authorization: Bearer ${SECRET}`,
  'among lines': `first\nsecret: ${SECRET}\nlast`,
  'an argument behind a space': `mysql --password ${SECRET} -h db`,
  'a user of curl': `curl -u app:${SECRET} http://x/`,
  'a cookie': `Cookie: sid=${SECRET}; theme=dark`,
  'a connection string': `Endpoint=https://x/;AccountKey=${SECRET}==;Suffix=y`,
  'a JSON Web Token': `got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx${SECRET}.c2ln${SECRET}c2lnbmF0dXJl here`,
  'a token of a well-known shape': `push with ghp_${SECRET}abcdefghij0123456789 failed`,
  'a private key': `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----`,
  'behind a control character': `\u001b[2Jpassword=${SECRET}`,
}

/** Texts that a terminal, a log or a page would obey. */
const INJECTIONS: Record<string, string> = {
  'an escape sequence that writes the clipboard': '\u001b]52;c;cm0gLXJmIC8=\u0007',
  'a sequence of eight bits': '\u009b2J',
  'another line': 'fine\r\n{"level":"error","msg":"forged"}',
  'a line that only some know': 'fine\u2028forged\u0085forged',
  'text that runs backwards': '\u202egpj.exe',
  'a NUL': 'a\u0000b',
}

/** Where a text comes from; `put` makes a container say it. */
const SOURCES: Record<string, (container: ScriptedContainer, text: string) => void> = {
  'output of a HEALTHCHECK': (container, text) => {
    container.inspection.State.Health = { Status: 'unhealthy', Log: [{ Output: text, ExitCode: 1 }] }
  },
  'error of a container': (container, text) => {
    Object.assign(container.inspection.State, { Status: 'exited', Running: false, ExitCode: 1, Error: text })
  },
  'error of a restart': (container, text) => {
    Object.assign(container.inspection.State, { Status: 'exited', Running: false, ExitCode: 1 })
    container.restarted = () => {
      throw new Error(text)
    }
  },
  'name of an image': (container, text) => {
    container.inspection.Config!.Image = text
  },
  'name of a container': (container, text) => {
    container.name = text
  },
  label: (container, text) => {
    container.labels.session = text
  },
}

let server: Server
let posted: string[] = []
let folder: string
beforeAll(async () => {
  server = createServer(async (req, res) => {
    let text = ''
    for await (const chunk of req) text += chunk
    posted.push(text)
    res.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  posted = []
  folder = mkdtempSync(join(tmpdir(), 'hostile-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Everything that anybody gets to see of containers that say these texts, by where. */
async function seen(say: (container: ScriptedContainer, text: string) => void, texts: readonly string[]) {
  const path = join(folder, 'audit.jsonl')
  const { port } = server.address() as AddressInfo
  const told: string[] = []
  await using s = await scene(
    {
      sessionOf: ({ labels }) => labels.session,
      restartAttempts: 1,
      failureThreshold: 1,
      audit: { path },
      alerts: { url: `http://127.0.0.1:${port}/?token=${SECRET}`, headers: { authorization: SECRET } },
    },
    (engine) => {
      for (const text of texts) say(engine.run('one', { app: 'worker', session: 'x' }), text)
      engine.exit(engine.run('last', { app: 'worker', session: 'last' }))
      for (const container of engine.containers.values()) if (container.name === 'last') container.restarted = () => {}
    },
  )
  s.kernel.on('event', (event) => told.push(JSON.stringify(event, textOfErrors)))
  await s.until(() => s.lines().includes('give-up last'))
  await s.until(() => posted.some((post) => post.includes('last')))
  const health = healthHandler(s.monitor)
  const page = (url: string) => {
    let body = ''
    const end = (text: string) => {
      body = text
    }
    const res = { writeHead: () => res, end }
    health({ url, method: 'GET' } as never, res as unknown as ServerResponse)
    return body
  }
  const pages = s.monitor.sessions().map(({ session }) => page(`/health/container/${encodeURIComponent(session)}`))
  expect(pages.length).toBeGreaterThan(1)
  expect(pages.filter((body) => body.includes('no such session'))).toEqual([])
  const names = s.kernel.inspect().resources.map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`)
  const reasons = s.monitor.containers().map(({ reason }) => reason ?? '')
  const events = s.events.map((event) => ('reason' in event ? (event.reason ?? '') : ''))
  await s.kernel.shutdown()
  return {
    health: page('/health'),
    pages: pages.join('\n'),
    audit: readFileSync(path, 'utf8'),
    webhook: posted.join('\n'),
    kernel: names.join('\n'),
    reasons,
    events,
  }
}

function textOfErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value
}

function attacks({ meta }: TestContext['task'], texts: readonly string[]): void {
  Object.assign(meta, { attacks: texts.length })
}

test.for(Object.keys(SOURCES))('[K1] no secret is shown: %s', async (source, { task }) => {
  const texts = Object.values(TEXTS)
  attacks(task, texts)
  const { health, pages, audit, webhook, kernel, reasons, events } = await seen(SOURCES[source]!, texts)
  for (const [where, text] of Object.entries({
    health,
    pages,
    audit,
    webhook,
    kernel,
    reasons: reasons.join('\n'),
    events: events.join('\n'),
  })) {
    expect(text, where).not.toContain(SECRET)
    expect(text.length, where).toBeGreaterThan(0)
  }
})

test.for(Object.keys(SOURCES))('[K2] no text is more than one line, and no terminal obeys it: %s', async (source, { task }) => {
  const texts = Object.values(INJECTIONS)
  attacks(task, texts)
  const { health, pages, audit, webhook, kernel, reasons, events } = await seen(SOURCES[source]!, texts)
  const lines = [...kernel.split('\n'), ...reasons, ...events]
  for (const body of [health, ...pages.split('\n'), ...webhook.split('\n'), ...audit.trim().split('\n')]) {
    JSON.parse(body, (_, value: unknown) => {
      if (typeof value === 'string') lines.push(value)
      return value
    })
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
  expect(lines.filter((line) => /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(line))).toEqual([])
})

test.for(Object.keys(SOURCES))('[K3] no text is longer than 1,100 characters: %s', async (source, { task }) => {
  const texts = ['x'.repeat(2_000_000), '"'.repeat(100_000), 'password='.repeat(100_000)]
  attacks(task, texts)
  const { health, pages, audit, webhook, kernel, reasons, events } = await seen(SOURCES[source]!, texts)
  for (const text of [health, pages, audit, webhook, kernel]) expect(text.length).toBeLessThan(200_000)
  for (const text of [...reasons, ...events]) expect(text.length).toBeLessThan(1_100)
})

test('[K5] stopping the kernel stops no container, and what does not match the filters is let alone whatever happens to it', async () => {
  await using s = await scene({ restartAttempts: 1, failureThreshold: 1, filters: { label: ['app=worker'] } }, (engine) => {
    engine.run('mine')
    engine.run('stranger', { app: 'other' })
  })
  const [mine, stranger] = [...s.engine.containers.values()]
  s.engine.exit(stranger!)
  s.engine.exit(mine!)
  await s.until(() => s.lines().includes('recovery mine'))
  // An event about it that claims to be of a start leads to no more than a question.
  s.engine.emit('start', stranger!.id)
  await s.pass(60_000)
  await s.kernel.shutdown()
  expect(s.engine.requests.filter((request) => /\/(restart|stop|kill|unpause|exec)/.test(request))).toEqual([
    `POST /containers/${mine!.id}/restart`,
  ])
})
