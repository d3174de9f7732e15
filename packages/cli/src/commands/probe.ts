import { EXIT } from '../exit-codes.js'
import { command } from '../line/command.js'

/** It is started every few seconds: what it needs is loaded when it is asked for, and nothing else. */
export const probe = command({
  name: 'probe',
  summary: 'ask a service for its health, as a HEALTHCHECK does',
  operands: [{ name: 'url', kind: 'url' }],
  options: {
    timeout: { kind: 'duration', value: 'SECONDS', summary: 'how long the whole answer may take', default: '3s' },
    insecure: { kind: 'flag', summary: 'take a certificate of whatever name and issuer' },
    quiet: { kind: 'flag', short: 'q', summary: 'say nothing' },
  },
  notes: [
    'Without a path it asks for /readyz. :9000 and 9000 are ports of this machine; unix:/run/shop/http.sock is a Unix socket, unix:/run/shop/http.sock:/livez one with a path.',
    'It prints one line, and with ?verbose in the URL what the service tells of its resources. The exit code is 0 for a status from 200 to 299, and 1 for everything else, no answer included.',
  ],
  examples: [
    'keelson probe http://127.0.0.1:9000/livez',
    "keelson probe ':9000/readyz?verbose' --timeout 1s",
    'HEALTHCHECK CMD ["node_modules/.bin/keelson", "probe", "http://127.0.0.1:9000/livez"]',
  ],
  async run(io, { operands: [url], options }) {
    const [{ targetOf }, { ask }] = await Promise.all([import('../ask/target.js'), import('../ask/ask.js')])
    const target = targetOf(url!)
    const { ok, status, text, durationMs } = await ask(target, options)
    if (!options.quiet) {
      const { green, red, dim } = io.paint
      const rows = text.split('\n')
      // The service ends a list of resources with what it comes to.
      const last = rows.pop() ?? ''
      const said = status === undefined ? last : `${status} ${last}`.trim()
      io.out(`${ok ? green('ok') : red('failed')}  ${target.text}  ${said}  ${dim(`${Math.round(durationMs)} ms`)}`)
      if (new URLSearchParams(target.path.split('?')[1]).has('verbose')) for (const row of rows) io.out(`  ${row}`)
    }
    return ok ? EXIT.ok : EXIT.no
  },
})
