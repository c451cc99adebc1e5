//! A file server with HTTPS, ranges and a certificate that nobody but the host of the benchmark trusts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::fs::File;
use tokio::io::{self, AsyncBufReadExt as _, AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub struct Files {
    pub address: SocketAddr,
    pub certificate: CertificateDer<'static>,
}

/// Serves the file under every path, for as long as the runtime lives.
pub async fn serve(file: PathBuf) -> Files {
    let (certificate, acceptor) = certificate();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, file) = (acceptor.clone(), file.clone());
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await?;
                // A caller that has enough leaves.
                answer_all(BufReader::new(stream), &file).await
            });
        }
    });
    Files { address, certificate }
}

async fn answer_all<S: io::AsyncRead + io::AsyncWrite + Unpin>(mut stream: BufReader<S>, path: &Path) -> io::Result<()> {
    loop {
        let mut first = None;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            first = first.or(line.strip_prefix("range: bytes=").and_then(|range| range.strip_suffix('-')?.parse::<u64>().ok()));
        }
        let mut file = File::open(path).await?;
        let size = file.metadata().await?.len();
        let first = first.filter(|first| *first < size);
        let (begin, status) = first.map_or((0, "200 OK".to_owned()), |first| {
            (first, format!("206 Partial Content\r\ncontent-range: bytes {first}-{}/{size}", size - 1))
        });
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\netag: \"1\"\r\n\r\n", size - begin);
        stream.write_all(head.as_bytes()).await?;
        file.seek(io::SeekFrom::Start(begin)).await?;
        io::copy_buf(&mut BufReader::with_capacity(256 * 1024, file.take(size - begin)), &mut stream).await?;
        stream.flush().await?;
    }
}

fn certificate() -> (CertificateDer<'static>, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the default versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a certificate and its key");
    (certificate, TlsAcceptor::from(Arc::new(config)))
}
