"""The bureau's seal on documents: keys, certificates, signatures, timestamps. `signer.the_signer()` signs."""
