//! The certificate of the ordinary listener: from PEM files that an operator's authority issued. TLS 1.2 is the least, since
//! the tools that connect here are as old as their owners let them be; peers have a listener of their own.

use crate::app::Fault;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{path::Path, sync::Arc};

/// What TLS is spoken with.
pub fn server(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, Fault> {
    let fault = |path: &Path, why: String| {
        Fault::new("tls/certificate", format!("`{}` cannot be used: {why}", path.display()))
            .help("give PEM files in `api.certificate` and `api.key`: the chain, the leaf first, and its private key")
    };
    let read =
        CertificateDer::pem_file_iter(certificate).map_err(|why| fault(certificate, why.to_string()))?;
    let chain: Result<Vec<_>, _> = read.collect();
    let chain = chain.map_err(|why| fault(certificate, why.to_string()))?;
    if chain.is_empty() {
        return Err(fault(certificate, "it holds no certificate".to_owned()));
    }
    let key_read = PrivateKeyDer::from_pem_file(key).map_err(|why| fault(key, why.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|why| fault(certificate, why.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key_read)
        .map_err(|why| fault(certificate, why.to_string()))?;
    Ok(Arc::new(config))
}
