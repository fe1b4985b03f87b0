//! Reading a body of bounded length and bounded patience, as server and as client.

use axum::body::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body;
use std::time::Duration;

/// Why a body was not read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// Longer than allowed; what came so far was thrown away.
    TooLong,
    /// It paused for too long.
    TooSlow,
    /// The connection broke.
    Broken(String),
}

/// Reads a body of at most `limit` bytes that never pauses longer than `pause`. A declared length beyond the limit is
/// refused before anything is read; nothing is reserved on the word of the other end beyond 64 KiB.
pub(crate) async fn read<B>(mut body: B, limit: usize, pause: Duration) -> Result<Vec<u8>, BodyFault>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let declared = body.size_hint().lower();
    if usize::try_from(declared).map_or(true, |declared| declared > limit) {
        return Err(BodyFault::TooLong);
    }
    let mut out = Vec::with_capacity(usize::try_from(declared).unwrap_or(0).min(64 * 1024));
    loop {
        let frame = tokio::time::timeout(pause, body.frame()).await.map_err(|_| BodyFault::TooSlow)?;
        let Some(frame) = frame else { return Ok(out) };
        let frame = frame.map_err(|why| BodyFault::Broken(why.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        if out.len() + data.len() > limit {
            return Err(BodyFault::TooLong);
        }
        out.extend_from_slice(&data);
    }
}
