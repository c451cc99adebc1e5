//! Stands between the connector and X on a socket, and breaks the connection in the middle of a segment.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the request line of a segment ends with.
const SEGMENT: &[u8] = b"/append HTTP/1.1\r\n";

/// What is to be broken.
#[derive(Clone, Copy, Debug)]
struct Order {
    /// The number of the first segment that is hit, counted from 0 since the order was given.
    first: usize,
    /// How many are hit.
    count: usize,
    /// After how many bytes behind the request line.
    after: usize,
}

struct Shared {
    order: Mutex<Option<Order>>,
    /// How many segments have begun since the last order.
    begun: watch::Sender<usize>,
}

impl Shared {
    fn order(&self) -> MutexGuard<'_, Option<Order>> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a segment; the value says after how many bytes the connection has to break.
    fn count(&self) -> Option<usize> {
        let number = *self.begun.borrow();
        self.begun.send_modify(|begun| *begun += 1);
        self.order().filter(|order| (order.first..order.first + order.count).contains(&number)).map(|order| order.after)
    }
}

/// The relay. It stops when it is dropped.
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Relay {
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared { order: Mutex::default(), begun: watch::Sender::new(0) });
        let passing = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                let shared = Arc::clone(&passing);
                tokio::spawn(async move {
                    let server = TcpStream::connect(server).await.expect("the server listens");
                    for stream in [&caller, &server] {
                        stream.set_nodelay(true).expect("a socket");
                    }
                    let (mut answers, requests) = server.into_split();
                    let (from_caller, mut to_caller) = caller.into_split();
                    // Whichever ends takes the other with it, and both connections.
                    tokio::select! {
                        _ = forward(from_caller, requests, &shared) => {}
                        _ = copy(&mut answers, &mut to_caller) => {}
                    }
                });
            }
        });
        Self { address, shared, accepting }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks the connection of `count` segments, the first of them having this number from now on, after so many bytes.
    pub fn break_segments(&self, first: usize, count: usize, after: usize) {
        *self.shared.order() = Some(Order { first, count, after });
        self.shared.begun.send_replace(0);
    }

    /// Breaks nothing more, and counts from 0 again.
    pub fn rest(&self) {
        *self.shared.order() = None;
        self.shared.begun.send_replace(0);
    }

    /// Waits until so many segments have begun.
    pub async fn segments(&self, count: usize) {
        let mut begun = self.shared.begun.subscribe();
        begun.wait_for(|begun| *begun >= count).await.expect("the relay stands");
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Passes requests on, and returns when the connection has to break.
async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: &Shared) -> std::io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    // What may be the beginning of a request line, passed on already.
    let mut tail: Vec<u8> = Vec::new();
    let mut left: Option<usize> = None;
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        let piece = &piece[..length];
        let known = tail.len();
        tail.extend_from_slice(piece);
        let mut passed = 0;
        if left.is_none()
            && let Some(at) = tail.windows(SEGMENT.len()).position(|window| window == SEGMENT)
        {
            left = shared.count();
            passed = at + SEGMENT.len() - known;
        }
        if let Some(after) = &mut left {
            let now = (length - passed).min(*after);
            to.write_all(&piece[..passed + now]).await?;
            *after -= now;
            if *after == 0 {
                return Ok(());
            }
        } else {
            to.write_all(piece).await?;
        }
        tail.drain(..tail.len().saturating_sub(SEGMENT.len() - 1));
    }
}
