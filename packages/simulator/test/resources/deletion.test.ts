import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { attribute, client, errorOf, ids, total, viewer } from "../support/http.js"

it.scoped("deleteWorkbook removes the workbook and its views for users with the capability Delete", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { remove, request } = yield* client(url)
    const vera = yield* client(url, viewer)
    const [workbook = ""] = ids(yield* request("workbooks"), "workbook")
    const [workbooks, views] = [total(yield* request("workbooks")), total(yield* request("views"))]
    const [view = ""] = ids(yield* request(`workbooks/${workbook}/views`), "view")

    expect(errorOf(yield* vera.remove(`workbooks/${workbook}`))).toEqual([403, "403004"])
    expect((yield* remove(`workbooks/${workbook}`)).status).toBe(204)

    expect(errorOf(yield* request(`workbooks/${workbook}`))).toEqual([404, "404006"])
    expect(errorOf(yield* remove(`workbooks/${workbook}`))).toEqual([404, "404006"])
    expect(errorOf(yield* request(`views/${view}`))).toEqual([404, "404011"])
    expect(total(yield* request("workbooks"))).toBe(workbooks - 1)
    expect(total(yield* request("views"))).toBe(views - 2)
  })
)

it.scoped("deleteDataSource removes the data source for users with the capability Delete", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { remove, request } = yield* client(url)
    const vera = yield* client(url, viewer)
    const [datasource = ""] = ids(yield* request("datasources"), "datasource")
    const datasources = total(yield* request("datasources"))

    expect(errorOf(yield* vera.remove(`datasources/${datasource}`))).toEqual([403, "403004"])
    expect((yield* remove(`datasources/${datasource}`)).status).toBe(204)

    expect(errorOf(yield* request(`datasources/${datasource}`))).toEqual([404, "404004"])
    expect(errorOf(yield* remove(`datasources/${datasource}`))).toEqual([404, "404004"])
    expect(total(yield* request("datasources"))).toBe(datasources - 1)
  })
)

it.scoped("a flow is deleted by users with the permission", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { remove, request } = yield* client(url)
    const vera = yield* client(url, viewer)
    const [id = ""] = ids(yield* vera.request("flows"), "flow")
    expect(errorOf(yield* vera.remove(`flows/${id}`))).toEqual([403, "403004"])
    expect((yield* remove(`flows/${id}`)).status).toBe(204)
    expect(errorOf(yield* remove(`flows/${id}`))).toEqual([404, "404027"])
    expect(errorOf(yield* request(`flows/${id}`))).toEqual([404, "404027"])
  })
)

it.scoped("a workbook loses the views that are deleted, and is deleted with the last one", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { remove, request } = yield* client(url)
    const vera = yield* client(url, viewer)
    const [workbook = ""] = ids(yield* vera.request("workbooks"), "workbook")
    const [first = "", last = ""] = ids(yield* request(`workbooks/${workbook}/views`), "view")
    expect(errorOf(yield* vera.remove(`views/${first}`))).toEqual([403, "403004"])
    expect((yield* remove(`views/${first}`)).status).toBe(204)
    expect(errorOf(yield* remove(`views/${first}`))).toEqual([404, "404011"])
    const read = yield* request(`workbooks/${workbook}`)
    expect(attribute(read.text, "workbook", "defaultViewId")).toBe(last)
    expect(ids(read, "view")).toEqual([last])
    expect((yield* remove(`views/${last}`)).status).toBe(204)
    expect(errorOf(yield* request(`workbooks/${workbook}`))).toEqual([404, "404006"])
  })
)

it.scoped("a deleted revision stays in the list, and the current one cannot be deleted", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { remove, request } = yield* client(url)
    const vera = yield* client(url, viewer)
    for (const kind of ["workbook", "datasource"]) {
      // The third item has three revisions.
      const [, , id = ""] = ids(yield* request(`${kind}s`), kind)
      const path = `${kind}s/${id}/revisions`
      expect(errorOf(yield* vera.remove(`${path}/1`))).toEqual([403, "403004"])
      expect((yield* remove(`${path}/1`)).status).toBe(204)
      const { text } = yield* request(path)
      expect(text.match(/ revisionNumber="1" [^>]* deleted="true"/)).toHaveLength(1)
      expect(text.match(/ deleted="false"/g)).toHaveLength(2)
      expect(errorOf(yield* remove(`${path}/1`))).toEqual([404, "404024"])
      expect(errorOf(yield* request(`${path}/1/content`))).toEqual([404, "404024"])
      expect(errorOf(yield* remove(`${path}/3`))).toEqual([403, "403055"])
      expect(errorOf(yield* remove(`${path}/4`))).toEqual([404, "404024"])
    }
  })
)
