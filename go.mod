module github.com/smtpspec/smtpspec

go 1.26.0

require (
	github.com/xdg-go/scram v1.4.0
	github.com/yuin/gopher-lua v1.1.2
)

require (
	github.com/BurntSushi/toml v1.5.0 // indirect
	github.com/xdg-go/stringprep v1.0.4 // indirect
	golang.org/x/exp/typeparams v0.0.0-20231108232855-2478ac86f678 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/sync v0.23.0 // indirect
	golang.org/x/text v0.3.8 // indirect
	golang.org/x/tools v0.51.0 // indirect
	honnef.co/go/tools v0.8.2 // indirect
)

tool honnef.co/go/tools/cmd/staticcheck
