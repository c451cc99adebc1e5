//! Uploads by the built component to a simulated X.

use crate::http::{Body, Fault, Policy, Service, ServiceFuture, Upstream, full_body};
use crate::simulator::{Effect, Fault as XFault, Media, Options, Processing, Simulator};
use crate::upload::{Upload, UploadError};
use crate::{COMPONENT, Call, ConnectionProperties, Connector, Host, HostOptions};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::sync::watch;

const TOKEN: &str = "c4n4ry-token";

/// A simulated X, other servers beside it, and a directory with files.
pub struct Stage {
    pub simulator: Simulator,
    pub connection: ConnectionProperties,
    pub directory: TempDir,
    connector: Connector,
    /// What other servers than X were asked for: address and all headers.
    pub asked: Arc<Mutex<Vec<(String, String)>>>,
    /// How many segments have begun to come.
    segments: Arc<watch::Sender<u64>>,
}

/// What other servers answer to an address.
pub type Web = fn(&Request<Body>) -> Response<Body>;

struct Internet {
    simulator: Simulator,
    web: Web,
    asked: Arc<Mutex<Vec<(String, String)>>>,
    segments: Arc<watch::Sender<u64>>,
}

impl Service for Internet {
    fn call(&self, request: Request<Body>) -> ServiceFuture {
        if request.uri().host() == Some("api.x.com") {
            if request.uri().path().ends_with("/append") {
                self.segments.send_modify(|count| *count += 1);
            }
            return self.simulator.call(request);
        }
        let told = (request.uri().to_string(), format!("{:?}", request.headers()));
        self.asked.lock().expect("no test panicked").push(told);
        Box::pin(std::future::ready(Ok::<_, Fault>((self.web)(&request))))
    }
}

impl Stage {
    pub fn new() -> Self {
        Self::with(&["api.x.com"], |_| status(StatusCode::NOT_FOUND))
    }

    pub fn with(rules: &[&str], web: Web) -> Self {
        let options = Options { token: TOKEN.to_owned(), processing: Processing::none(), limits: false, ..Options::default() };
        let simulator = Simulator::new(options);
        let asked = Arc::<Mutex<_>>::default();
        let segments = Arc::new(watch::Sender::new(0));
        let internet = Internet { simulator: simulator.clone(), web, asked: Arc::clone(&asked), segments: Arc::clone(&segments) };
        let policy = Policy::new(rules).expect("all lines are rules");
        let upstream = Upstream::InProcess(Arc::new(internet));
        let host = Host::new(HostOptions { policy, upstream, local_files: true, instances: 4, ..HostOptions::default() });
        let connector = host.and_then(|host| host.load(COMPONENT)).expect("the component loads");
        let connection = ConnectionProperties::from_iter([("X_ACCESS_TOKEN", TOKEN), ("X_MEDIA_CHUNK_BYTES", "65536")]);
        Self { simulator, connection, directory: tempfile::tempdir().expect("a directory"), connector, asked, segments }
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    pub fn upload(&self, url: &str, resume: Option<&str>) -> Upload {
        let parameters = json!({"file": {"url": url}, "resume": resume});
        Upload::new(
            Call::new("uploadMedia").parameters(parameters).base_directory(self.directory.path()).connection(self.connection.clone()),
        )
    }

    pub async fn run(&self, upload: Upload) -> Result<Value, UploadError> {
        upload.run(|call| self.connector.call(call)).await
    }

    /// Stops an upload when a segment, counted from 1, is on its way and gets no answer.
    async fn run_to_segment(&self, upload: Upload, number: u64) -> UploadError {
        self.simulator.add_fault(XFault::at("POST", "/2/media/upload/{id}/append", Effect::Hang).nth(number));
        let (stop, mut segments) = (upload.stop(), self.segments.subscribe());
        let (ended, ()) = tokio::join!(self.run(upload), async {
            segments.wait_for(|count| *count == number).await.expect("the stage stands");
            stop.stop();
        });
        ended.expect_err("it was stopped")
    }

    pub fn only(&self) -> Media {
        let media = self.simulator.media();
        assert_eq!(media.len(), 1, "{media:?}");
        media.into_iter().next().expect("one")
    }
}

pub fn status(code: StatusCode) -> Response<Body> {
    let mut answer = Response::new(full_body(""));
    *answer.status_mut() = code;
    answer
}

fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).expect("small");
    [&length.to_be_bytes()[..], name, content].concat()
}

/// The smallest MP4 that is one, with so many bytes of data.
pub fn mp4(data: usize) -> Vec<u8> {
    let header = [&[0; 12][..], &1_000_u32.to_be_bytes(), &9_000_u32.to_be_bytes(), &[0; 80]].concat();
    let data: Vec<u8> = (0..data).map(|index| u8::try_from(index % 251).unwrap_or_default()).collect();
    [boxed(b"ftyp", b"isom\0\0\0\0isom"), boxed(b"moov", &boxed(b"mvhd", &header)), boxed(b"mdat", &data)].concat()
}

#[tokio::test(start_paused = true)]
async fn a_video_goes_through_in_spite_of_trouble_and_nothing_is_doubled() {
    let stage = Stage::new();
    let video = mp4(300_000);
    stage.file("a.mp4", &video);
    // Every second segment fails for longer than one call bears.
    let unavailable = || Effect::Status(StatusCode::SERVICE_UNAVAILABLE, json!({"title": "Service Unavailable", "status": 503}));
    stage.simulator.add_fault(XFault::at("POST", "/2/media/upload/{id}/append", unavailable()).every(2));
    stage.simulator.add_fault(XFault::at("POST", "/2/media/upload/{id}/append", Effect::Reset).after_effect().nth(3));
    let upload = stage.upload("a.mp4", None);
    let progress = upload.progress();
    let output = stage.run(upload).await.expect("it is ready");
    let media = stage.only();
    assert_eq!(output["data"]["id"], media.id.to_string());
    assert_eq!(media.bytes.as_deref(), Some(&video[..]));
    assert_eq!(media.segments.len(), 5);
    let now = progress.snapshot();
    assert_eq!(
        (now.stage, now.sent, now.size, now.percent),
        (crate::upload::Stage::Ready, video.len() as u64, Some(video.len() as u64), 100)
    );
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_stopped_at_any_segment_goes_on_as_one_file() {
    let video = mp4(300_000);
    for stopped_at in 1..=5 {
        let stage = Stage::new();
        stage.file("a.mp4", &video);
        let upload = stage.upload("a.mp4", None);
        let progress = upload.progress();
        let error = stage.run_to_segment(upload, stopped_at).await;
        let resume = error.resume().expect("it had begun").to_owned();
        assert!(resume.contains(&format!("\"segment\":{}", stopped_at - 1)), "the call itself says how far it came: {resume}");
        assert!(progress.snapshot().sent >= (stopped_at - 1) * 65_536, "{stopped_at}: {:?}", progress.snapshot());
        let upload = stage.upload("./a.mp4", Some(&resume));
        let progress = upload.progress();
        stage.run(upload).await.expect("it goes on");
        assert_eq!(progress.snapshot().sent, video.len() as u64);
        let media = stage.only();
        assert_eq!(media.bytes.as_deref(), Some(&video[..]), "{stopped_at}");
        assert_eq!(media.segments.len(), 5);
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_has_changed_since_is_not_gone_on_with() {
    let stage = Stage::new();
    stage.file("a.mp4", &mp4(300_000));
    let resume = stage.run_to_segment(stage.upload("a.mp4", None), 2).await.resume().expect("it had begun").to_owned();
    for bytes in [mp4(300_001), mp4(200_000), [&mp4(299_999)[..], b"x"].concat()] {
        stage.file("a.mp4", &bytes);
        let error = stage.run(stage.upload("a.mp4", Some(&resume))).await.expect_err("it is another file");
        let json = error.to_json();
        assert_eq!(json["error"]["code"], "file-changed", "{json}");
        assert_eq!(error.resume(), None, "it can come to nothing");
    }
}
