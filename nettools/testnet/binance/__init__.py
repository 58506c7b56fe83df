"""The Binance USD-M dialect of the local testnet."""
