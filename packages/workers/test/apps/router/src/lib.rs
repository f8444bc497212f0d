use worker::*;

#[event(fetch)]
async fn fetch(req: Request, env: Env, _ctx: Context) -> Result<Response> {
    Router::new()
        .get("/hello/:name", |_req, ctx| {
            Response::ok(format!("Hello, {}!", ctx.param("name").map_or("", |name| name)))
        })
        .get("/crash", |_req, _ctx| std::process::abort())
        .run(req, env)
        .await
}
