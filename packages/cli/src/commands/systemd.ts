import { EXIT } from '../exit-codes.js'
import { command } from '../line/command.js'
import { JSON_OPTION, MODULE_OPTIONS } from '../line/common.js'
import { MANIFEST_OPTIONS } from '../manifests/manifest-options.js'
import { json } from '../output/json.js'

const { port: _port, 'probe-port': _probePort, ...OPTIONS } = MANIFEST_OPTIONS

export const systemd = command({
  name: 'systemd',
  summary: "a unit of systemd, with the graph's own figures",
  operands: [{ name: 'module', kind: 'module' }],
  options: {
    ...OPTIONS,
    'on-calendar': { kind: 'text', value: 'TIMES', summary: 'a timer for a job, as OnCalendar= has it' },
    main: { kind: 'text', value: 'FILE', summary: 'what node runs, from the directory; without it the module' },
    directory: { kind: 'text', value: 'DIRECTORY', summary: 'where the application is; without it /srv/NAME' },
    node: { kind: 'text', value: 'FILE', summary: 'node itself', default: '/usr/bin/node' },
    user: { kind: 'text', value: 'USER', summary: 'who runs it; without it a user that systemd makes' },
    ...JSON_OPTION,
    ...MODULE_OPTIONS,
  },
  notes: [
    'Comments say why each figure is what it is. A variable without a value comes from the file /etc/NAME.env.',
    'With --json it is a list of files, each with its name and its text.',
  ],
  examples: [
    'keelson systemd src/main.ts --main dist/main.js > /etc/systemd/system/shop.service',
    'keelson systemd src/totals.ts --on-calendar daily --json',
  ],
  async run(io, { operands: [module], options }) {
    const [{ load }, { readService }, { unitFiles }] = await Promise.all([
      import('../load/load.js'),
      import('../manifests/read-service.js'),
      import('../manifests/unit-files.js'),
    ])
    const loaded = await load(io, module!, options)
    const { facts, own, jobWhy } = readService(loaded, { ...options, port: [], 'probe-port': undefined }, 'systemd')
    const { main = loaded.module, directory = `/srv/${own.name}`, node, user } = options
    const calendar = options['on-calendar']
    const job = own.job || calendar !== undefined
    const files = unitFiles(facts, {
      ...own,
      description: loaded.kernel.name,
      main,
      directory,
      node,
      user,
      calendar,
      job,
      jobWhy,
    })
    io.out(options.json ? json(files) : files.map(({ text }) => text.trimEnd()).join('\n\n'))
    return EXIT.ok
  },
})
