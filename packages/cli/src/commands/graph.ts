import { drawKernel } from '../draw/draw.js'
import { EXIT } from '../exit-codes.js'
import { command } from '../line/command.js'
import { MODULE_OPTIONS } from '../line/common.js'
import { load } from '../load/load.js'

export const graph = command({
  name: 'graph',
  summary: 'the graph as a picture or a text: who depends on whom, and how',
  operands: [{ name: 'module', kind: 'module' }],
  options: {
    format: {
      kind: 'choice',
      value: 'FORMAT',
      choices: ['mermaid', 'dot', 'json', 'svg'],
      default: 'mermaid',
      summary: 'one of',
      short: 'f',
    },
    ...MODULE_OPTIONS,
  },
  notes: ['Who depends is above what it depends on. Edges that are not required say so: optional, ref, after.'],
  examples: [
    'keelson graph src/main.ts',
    'keelson graph src/main.ts --format svg > graph.svg',
    'keelson graph src/main.ts -f dot | dot -Tpng > graph.png',
  ],
  async run(io, { operands: [module], options }) {
    const { kernel } = await load(io, module!, options)
    io.out(await drawKernel(kernel, options.format))
    return EXIT.ok
  },
})
