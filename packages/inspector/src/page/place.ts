/** Where the reader is: kept in the address, so that links and the back button work. */
export interface Place {
  readonly view: View
  /** The resource whose details are shown. */
  readonly resource: string | undefined
}

export const VIEWS = ['graph', 'list', 'timeline', 'panels', 'events', 'kernel'] as const
export type View = (typeof VIEWS)[number]

/** Reads `#timeline/db`. What is not known is the graph. */
export function placeIn(hash: string): Place {
  const [view = '', ...rest] = hash.replace(/^#/, '').split('/')
  const resource = decoded(rest.join('/'))
  return { view: VIEWS.find((each) => each === view) ?? 'graph', resource: resource === '' ? undefined : resource }
}

export function hashOf({ view, resource }: Place): string {
  return resource === undefined ? `#${view}` : `#${view}/${encodeURIComponent(resource)}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
