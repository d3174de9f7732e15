/**
 * A module of Node, loaded when it is first asked for. `node:tls` and `node:http2` take some 3 ms each, which a plain server need
 * not pay; and `import 'node:http'` reads every export of it, and so loads `fetch`: 25 ms on Node 22 and later, which this does not.
 */
export function builtIn<Name extends keyof Modules>(name: Name): Modules[Name] {
  return process.getBuiltinModule(name)
}

interface Modules {
  readonly 'node:crypto': typeof import('node:crypto')
  readonly 'node:http': typeof import('node:http')
  readonly 'node:http2': typeof import('node:http2')
  readonly 'node:inspector': typeof import('node:inspector')
  readonly 'node:module': typeof import('node:module')
  readonly 'node:https': typeof import('node:https')
}
