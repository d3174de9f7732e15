/** V1: what comes and goes in a rotation is shown under this name until it has stopped. */
const SUFFIX = ' (rotation)'

/** The resource that is being rotated, when this is the name of what comes or goes. */
export function resourceOfRotation(name: string): string | undefined {
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : undefined
}
