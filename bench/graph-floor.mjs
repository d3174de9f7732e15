// The least that a lifecycle could cost: iterative Kahn with names, objects and one timeout per hook. No signals, no
// states, no report, no errors kept; it starts in dependency order and stops in reverse.

export function floorKernel(definitions) {
  const byName = new Map()
  const nodes = definitions.map(({ name, dependsOn, start, stop }) => {
    const node = { name, start, stop, dependencies: [], dependents: [], waiting: 0, value: undefined }
    byName.set(name, node)
    for (const field in dependsOn) {
      const dependency = byName.get(dependsOn[field].name)
      node.dependencies.push(dependency)
      dependency.dependents.push(node)
    }
    return node
  })
  return {
    start: () =>
      walk(
        nodes,
        'dependencies',
        'dependents',
        (node) => node.start(valuesOf(node)),
        (node, value) => {
          node.value = value
        },
      ),
    stop: () =>
      walk(
        nodes,
        'dependents',
        'dependencies',
        (node) => node.stop(node.value),
        () => {},
      ),
  }
}

function valuesOf(node) {
  const values = {}
  for (const dependency of node.dependencies) values[dependency.name] = dependency.value
  return values
}

function walk(nodes, before, after, hook, done) {
  return new Promise((resolve, reject) => {
    let open = nodes.length
    const launch = (node) => {
      const timer = setTimeout(() => reject(new Error(`${node.name} timed out`)), 10_000)
      hook(node).then((value) => {
        clearTimeout(timer)
        done(node, value)
        for (const next of node[after]) if (--next.waiting === 0) launch(next)
        if (--open === 0) resolve()
      }, reject)
    }
    for (const node of nodes) node.waiting = node[before].length
    for (const node of nodes.slice()) if (node[before].length === 0) launch(node)
  })
}
