/** Hands requests on to `listener`, and keeps their responses in the order of arrival, so that a case can wait for one and answer it. */
export function arrivals(listener) {
  const responses = []
  const waiting = []
  return {
    receive(req, res) {
      responses.push(res)
      for (const wake of waiting.splice(0)) wake()
      return listener(req, res)
    },
    responses,
    async arrived(count) {
      while (responses.length < count) await new Promise((resolve) => waiting.push(resolve))
    },
  }
}
