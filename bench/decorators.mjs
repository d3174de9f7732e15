// What a service class costs over a plain resource, per class: the same graph both ways, from createKernel() until it runs.
// `node bench/decorators.mjs [N]`; exits with 1 above the limit.
import { OnStart, OnStop, Service } from '@keelson/decorators'
import { createKernel, resource } from '@keelson/kernel'

const LIMIT_US = 5
const n = Number(process.argv[2] ?? 1_000)
const rounds = 60

/** Three dependencies each. */
const leaves = ['x', 'y', 'z'].map((name) => resource(name, { start: () => name }))
const dependenciesOf = (made, i) => [1, 7, 31].map((back, k) => made[i - back] ?? leaves[k])

class Shape {
  constructor(a, b, c) {
    this.a = a
    this.b = b
    this.c = c
  }
  open() {}
  close() {}
}

const types = Array.from({ length: n }, () => class extends Shape {})

function services() {
  const made = []
  for (const [i, Type] of types.entries()) {
    for (const [decorate, name] of [
      [OnStart(), 'open'],
      [OnStop(), 'close'],
    ]) {
      decorate(Type.prototype, name, Object.getOwnPropertyDescriptor(Shape.prototype, name))
    }
    Service({ name: `service-${i}`, inject: dependenciesOf(made, i) })(Type)
    made.push(Type)
  }
  return made
}

function resources() {
  const made = []
  for (const [i, Type] of types.entries()) {
    const [a, b, c] = dependenciesOf(made, i)
    const options = {
      dependsOn: { a, b, c },
      start: ({ a, b, c }) => {
        const value = new Type(a, b, c)
        value.open()
        return value
      },
      stop: (value) => value.close(),
    }
    made.push(resource(`service-${i}`, options))
  }
  return made
}

async function time(definitions) {
  const begin = performance.now()
  const kernel = createKernel(definitions)
  const built = performance.now()
  await kernel.start()
  const running = performance.now()
  await kernel.shutdown()
  return { build: built - begin, start: running - built, stop: performance.now() - running }
}

const subjects = { resources: resources(), services: services() }
const times = { resources: [], services: [] }
for (let i = -20; i < rounds; i++) {
  for (const name of i % 2 === 0 ? ['resources', 'services'] : ['services', 'resources']) {
    const result = await time(subjects[name])
    if (i >= 0) times[name].push(result)
  }
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
const perClass = (name, phase) => (median(times[name].map((result) => result[phase])) * 1_000) / n
let overhead = 0
for (const phase of ['build', 'start', 'stop']) {
  const [plain, decorated] = [perClass('resources', phase), perClass('services', phase)]
  if (phase !== 'stop') overhead += decorated - plain
  console.log(`${phase.padEnd(6)} resource ${plain.toFixed(2)} µs   class ${decorated.toFixed(2)} µs   each, of ${n}`)
}
console.log(`a class costs ${overhead.toFixed(2)} µs more than a resource until it runs (limit ${LIMIT_US} µs)`)
process.exitCode = overhead <= LIMIT_US ? 0 : 1
