use worker::*;

#[event(fetch)]
async fn fetch(req: Request, _env: Env, _ctx: Context) -> Result<Response> {
    match req.path().as_str() {
        "/crash" => std::process::abort(),
        _ => Response::ok("Hello, World!"),
    }
}
