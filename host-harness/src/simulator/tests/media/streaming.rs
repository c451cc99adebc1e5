//! Large files, broken calls and concurrent segments.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::Frame;

use super::*;
use crate::simulator::{Effect, Fault, RecordedBody};

/// A form with one segment, made 16 KiB at a time as it is read; it breaks off before its end when told to.
struct Form {
    head: Bytes,
    left: usize,
    tail: Bytes,
}

const PIECE: usize = 16 * 1024;

impl Form {
    fn of(index: u32, length: usize) -> Self {
        let head = format!(
            "--cut\r\nContent-Disposition: form-data; name=\"segment_index\"\r\n\r\n{index}\r\n--cut\r\n\
             Content-Disposition: form-data; name=\"media\"; filename=\"blob\"\r\n\r\n"
        );
        Self { head: head.into(), left: length, tail: "\r\n--cut--\r\n".into() }
    }

    fn request(self, id: &str) -> Request<Self> {
        let request = Request::post(format!("/2/media/upload/{id}/append")).header("authorization", "Bearer maker");
        request.header("content-type", "multipart/form-data; boundary=cut").body(self).expect("a request")
    }
}

impl http_body::Body for Form {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        static ZEROS: [u8; PIECE] = [0; PIECE];
        let bytes = if !self.head.is_empty() {
            std::mem::take(&mut self.head)
        } else if self.left > 0 {
            let length = self.left.min(PIECE);
            self.left -= length;
            Bytes::from_static(&ZEROS[..length])
        } else {
            std::mem::take(&mut self.tail)
        };
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }
}

#[tokio::test]
async fn a_large_file_is_hashed_and_not_kept() {
    const SEGMENT: usize = 4 * 1024 * 1024;
    let simulator = quick();
    let total = MP4.len() + 6 * SEGMENT;
    let id = open(&simulator, "tweet_video", "video/mp4", total).await;
    append(&simulator, &id, 0, MP4).await;
    for index in 1..=6 {
        let answer = simulator.handle(Form::of(index, SEGMENT).request(&id)).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
    }
    assert_eq!(finalize(&simulator, &id).await.status, StatusCode::OK);
    let media = media(&simulator, &id);
    assert_eq!(media.bytes, None);
    assert_eq!(media.size, total as u64);
    assert_eq!(media.sha256, sha256(&[MP4, &vec![0; 6 * SEGMENT]].concat()));
    let logged = simulator.exchanges();
    let RecordedBody::Multipart(parts) = &logged[2].request_body else {
        panic!("{:?}", logged[2].request_body);
    };
    assert_eq!((parts[0].text.as_deref(), parts[1].length), (Some("1"), SEGMENT as u64));
}

#[tokio::test]
async fn a_lost_answer_to_any_segment_doubles_nothing() {
    let segments: Vec<&[u8]> = MP4.chunks(8).collect();
    for lost in 0..segments.len() {
        for takes_effect in [false, true] {
            let simulator = quick();
            let id = open(&simulator, "tweet_video", "video/mp4", MP4.len()).await;
            let fault = Fault::at("POST", "/2/media/upload/{id}/append", Effect::Reset).nth(lost as u64 + 1);
            simulator.add_fault(if takes_effect { fault.after_effect() } else { fault });
            for (index, segment) in (0..).zip(&segments) {
                let number = index.to_string();
                let call = || simulator.handle(parts("maker", &id, &[("segment_index", number.as_bytes()), ("media", segment)]));
                let answer = match call().await {
                    Ok(answer) => answer,
                    Err(_) => call().await.expect("an answer at last"),
                };
                assert_eq!(answer.status(), StatusCode::OK);
            }
            assert_eq!(finalize(&simulator, &id).await.status, StatusCode::OK);
            let media = media(&simulator, &id);
            assert_eq!(media.sha256, sha256(MP4), "segment {lost}");
            let arrivals: u32 = media.segments.iter().map(|segment| segment.arrivals).sum();
            assert_eq!(arrivals as usize, segments.len() + usize::from(takes_effect));
        }
    }
}

#[tokio::test]
async fn a_segment_that_breaks_off_leaves_nothing_behind() {
    let simulator = quick();
    let id = open(&simulator, "tweet_video", "video/mp4", MP4.len() + PIECE).await;
    append(&simulator, &id, 0, MP4).await;
    let mut broken = Form::of(1, PIECE);
    broken.tail = Bytes::new();
    let refused = simulator.handle(broken.request(&id)).await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(media(&simulator, &id).segments.len(), 1);
    let whole = simulator.handle(Form::of(1, PIECE).request(&id)).await.expect("an answer");
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(finalize(&simulator, &id).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_same_segment_twice_at_once_counts_once() {
    let simulator = quick();
    let id = open(&simulator, "tweet_video", "video/mp4", MP4.len() + 4 * PIECE).await;
    append(&simulator, &id, 0, MP4).await;
    let call = || simulator.handle(Form::of(1, 4 * PIECE).request(&id));
    let (one, other) = tokio::join!(call(), call());
    assert_eq!((one.expect("an answer").status(), other.expect("an answer").status()), (StatusCode::OK, StatusCode::OK));
    assert_eq!(finalize(&simulator, &id).await.status, StatusCode::OK);
    assert_eq!(media(&simulator, &id).segments[1].arrivals, 2);
    assert_eq!(media(&simulator, &id).sha256, sha256(&[MP4, &vec![0; 4 * PIECE]].concat()));
}

#[tokio::test]
async fn segments_come_over_real_connections_too() {
    let simulator = quick();
    let server = simulator.serve(tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port")).expect("a server");
    let id = open(&simulator, "tweet_video", "video/mp4", MP4.len() + 20 * PIECE).await;
    append(&simulator, &id, 0, MP4).await;
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
    for index in [2, 1, 1] {
        let mut request = Form::of(index, 20 * PIECE).request(&id);
        *request.uri_mut() = format!("{}{}", server.base_url(), request.uri().path()).parse().expect("an address");
        let answer = client.request(request).await.expect("an answer");
        // The refusal of a segment out of turn comes through although its bytes were still on their way.
        assert_eq!(answer.status() == StatusCode::OK, index == 1);
    }
    assert_eq!(finalize(&simulator, &id).await.status, StatusCode::OK);
}
