//! The server, in a process of its own.

use super::{NAME, OVER_TLS, Serving};
use crate::{
    Outcome,
    cast::{self, Certificate},
    player::{say, told},
};
use axum::{Router, body::Bytes, routing::get};
use base64::{Engine, prelude::BASE64_STANDARD};
use comity_node::{
    app::{
        Action,
        house::{AddOfficer, AddToken},
    },
    http::{ConnectionLimits, api, certificate},
    stop::Stop,
};
use std::{fs, path::Path};

/// A certificate for this machine that signs itself.
fn localhost(dir: &Path) -> Outcome<Certificate> {
    let made = rcgen::generate_simple_self_signed(vec![NAME.to_owned()])?;
    let pem = |name: &str, der: &[u8]| {
        format!("-----BEGIN {name}-----\n{}\n-----END {name}-----\n", BASE64_STANDARD.encode(der))
    };
    fs::create_dir_all(dir)?;
    let paths = Certificate { chain: dir.join("api.pem"), key: dir.join("api-key.pem") };
    fs::write(&paths.chain, pem("CERTIFICATE", made.cert.der()))?;
    fs::write(&paths.key, pem("PRIVATE KEY", &made.signing_key.serialize_der()))?;
    Ok(paths)
}

/// The process that serves. Told a number, it serves a fixed body of so many bytes beside, and says where.
pub fn part(dir: &Path, way: &Path) -> Outcome<()> {
    let certificate = if way == Path::new(OVER_TLS) { Some(localhost(dir)?) } else { None };
    cast::runtime()?.block_on(async {
        let node = cast::Node::start_under(dir, "XA", certificate.as_ref()).await?;
        let ctx = node.ctx()?;
        let add =
            AddOfficer { id: "analyst".into(), unit: "cert".into(), name: "Analyst".into(), from: None };
        add.run(ctx).await?;
        let scopes = vec!["read".into(), "import".into()];
        let token = AddToken { officer: "analyst".into(), scopes, days: None }.run(ctx).await?.token;
        let at = node.running.api_at.ok_or("no listener")?;
        let shown = certificate.as_ref().map(|paths| fs::read_to_string(&paths.chain)).transpose()?;
        say(&Serving { pid: std::process::id(), at, token, certificate: shown })?;
        let tls =
            certificate.as_ref().map(|paths| certificate::server(&paths.chain, &paths.key)).transpose()?;
        let (stop, _) = Stop::new();
        while let Some(bytes) = tokio::task::spawn_blocking(told).await?? {
            let body = Bytes::from(vec![b'x'; usize::try_from(bytes.as_u64().unwrap_or(0))?]);
            let router = Router::new().route("/fixed", get(move || std::future::ready(body.clone())));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            say(&listener.local_addr()?)?;
            tokio::spawn(api::run(
                router,
                Some(listener),
                tls.clone(),
                None,
                ConnectionLimits::default(),
                stop.watch(),
            ));
        }
        stop.now();
        node.running.stop().await?;
        Outcome::Ok(())
    })
}
