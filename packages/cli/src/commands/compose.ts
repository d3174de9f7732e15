import { EXIT } from '../exit-codes.js'
import { command } from '../line/command.js'
import { JSON_OPTION, MODULE_OPTIONS } from '../line/common.js'
import { MANIFEST_OPTIONS } from '../manifests/manifest-options.js'
import { json } from '../output/json.js'

export const compose = command({
  name: 'compose',
  summary: "a service of Docker Compose, with the graph's own figures",
  operands: [{ name: 'module', kind: 'module' }],
  options: {
    ...MANIFEST_OPTIONS,
    image: { kind: 'text', value: 'IMAGE', summary: 'of the container; without it it is built from this folder' },
    'depends-on': { kind: 'list', value: 'SERVICE', summary: 'what is to be healthy before' },
    ...JSON_OPTION,
    ...MODULE_OPTIONS,
  },
  notes: [
    'Comments say why each figure is what it is. The health check is keelson probe: have keelson among the dependencies of the image.',
    'A variable without a value is taken from the environment of docker compose, which refuses to go on without it.',
  ],
  examples: ['keelson compose src/main.ts --port 3000 --env DATABASE_URL --depends-on postgres > compose.yaml'],
  async run(io, { operands: [module], options }) {
    const [{ load }, { readService }, { composeFile }, { plainOf }, { yamlText }] = await Promise.all([
      import('../load/load.js'),
      import('../manifests/read-service.js'),
      import('../manifests/compose-service.js'),
      import('../manifests/because.js'),
      import('../manifests/yaml-text.js'),
    ])
    const { facts, own, jobWhy } = readService(await load(io, module!, options), options, 'docker')
    const file = composeFile(facts, { ...own, image: options.image, dependsOn: options['depends-on'] })
    io.out(options.json ? json(plainOf(file)) : yamlText(file, jobWhy).trimEnd())
    return EXIT.ok
  },
})
