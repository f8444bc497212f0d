use worker::*;

#[event(fetch)]
async fn fetch(req: Request, env: Env, _ctx: Context) -> Result<Response> {
    let path = req.path();
    if let Some(message) = path.strip_prefix("/send/") {
        env.queue("QUEUE")?.send(message).await?;
        return Response::ok("sent");
    }
    let done = env.kv("DONE")?.get(&path[1..]).text().await?;
    Response::ok(done.unwrap_or_default())
}

#[event(queue)]
async fn queue(batch: MessageBatch<String>, env: Env, _ctx: Context) -> Result<()> {
    let done = env.kv("DONE")?;
    for message in batch.messages()? {
        // Once it crashes. The batch comes again.
        let tries = format!("{}-tries", message.body());
        if done.get(&tries).text().await?.is_none() {
            done.put(&tries, "1")?.execute().await?;
            std::process::abort();
        }
        done.put(message.body(), "done at the second attempt")?.execute().await?;
    }
    Ok(())
}

#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, _env: Env, _ctx: ScheduleContext) {
    if event.cron() == "crash" {
        std::process::abort();
    }
}
