"""How the router's weights are made: questions, features, fitting, calibration."""
