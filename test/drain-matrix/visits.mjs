// Cases of one client each: when `visit` begins, the client has connected, by `connect`, to a server that answers by `listener`.
// `common` is what every case of a list has unless it says otherwise. No case awaits the end of its drain: the stage does.

export function visits(common, cases) {
  return cases.map((it) => {
    const { connect, listener, visit, ...described } = { ...common, ...it }
    return {
      ...described,
      async run(stage) {
        const served = await stage.serve(listener)
        await visit({ stage, served, client: await connect(served) })
      },
    }
  })
}
