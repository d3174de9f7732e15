import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { keelson } from './keelson.js'

/** Where a page shows what a command writes. */
const REGION = /<!-- keelson (.+?) -->[\s\S]*?<!-- end -->/g
const LANGUAGES: Readonly<Record<string, string>> = { k8s: 'yaml', compose: 'yaml', systemd: 'ini' }
/** What the examples read from their environment; nothing of it is asked. */
const ENV = { DATABASE_URL: 'postgres://db/orders', REDIS_URL: 'redis://redis' }

it.each(['kubernetes', 'running-under', 'containers'])('docs/%s.md shows what the commands write', async (name) => {
  const page = fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url))
  const text = readFileSync(page, 'utf8')
  const commands = [...text.matchAll(REGION)].map(([region, command]) => ({ region, command: command! }))
  expect(commands).not.toEqual([])
  let written = text
  for (const { region, command } of commands) {
    const args = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
    const { code, out, err } = await keelson(args, ENV)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const fence = `\`\`\`${LANGUAGES[args[0]!]}\n${out.trimEnd()}\n\`\`\``
    written = written.replace(region, () => `<!-- keelson ${command} -->\n\n${fence}\n\n<!-- end -->`)
  }
  await expect(written).toMatchFileSnapshot(page)
})
