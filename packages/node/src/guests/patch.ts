/**
 * Puts a function of this process behind another, which is given the one before. Returns a function that puts everything back as it was;
 * where somebody else has put theirs in front meanwhile, it stays behind that, and lets everything pass.
 */
export function patchProcess<Name extends 'exit' | 'kill' | 'abort'>(
  name: Name,
  make: (before: NodeJS.Process[Name]) => NodeJS.Process[Name],
): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(process, name)
  const before = process[name]
  const replacement = make(before)
  let active = true
  const current = function (this: unknown, ...args: unknown[]) {
    return Reflect.apply(active ? replacement : before, process, args)
  }
  Object.defineProperty(process, name, { value: current, writable: true, configurable: true, enumerable: true })
  return () => {
    active = false
    if (process[name] !== (current as unknown)) return
    if (descriptor === undefined) Reflect.deleteProperty(process, name)
    else Object.defineProperty(process, name, descriptor)
  }
}
