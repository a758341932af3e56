import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { client, errorOf, ids, total, viewer } from "../support/http.js"

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
